// SPDX-License-Identifier: Apache-2.0
#include "agent/names.h"

#include <gtest/gtest.h>

namespace coax {
namespace {

TEST(Names, port_device_fits_an_interface_name_for_every_instance) {
    for (const char *instance : {"c", "coax", "abcdefgh"}) {
        const std::string name = port_device(instance, "some-port-with-quite-a-long-name", 0);
        EXPECT_LE(name.size(), 15U) << name;
        EXPECT_TRUE(is_port_device(instance, name)) << name;
    }
}

TEST(Names, port_device_is_stable_and_differs_by_port_and_attempt) {
    EXPECT_EQ(port_device("coax", "red-c1", 0), port_device("coax", "red-c1", 0));
    EXPECT_NE(port_device("coax", "red-c1", 0), port_device("coax", "red-c2", 0));
    EXPECT_NE(port_device("coax", "red-c1", 0), port_device("coax", "red-c1", 1));
}

TEST(Names, alias_gives_back_port_and_lane) {
    EXPECT_EQ(port_of_alias("n1", port_alias("n1", "red-c1")), "red-c1");
    EXPECT_EQ(lane_of_alias("n1", lane_alias("n1", 7)), 7U);
    EXPECT_FALSE(port_of_alias("n1", lane_alias("n1", 0)));
    EXPECT_FALSE(lane_of_alias("n1", "coax n1 lane x"));
    EXPECT_FALSE(lane_of_alias("n1", "coax n1 lane "));
}

TEST(Names, alias_of_another_instance_is_not_ours) {
    EXPECT_TRUE(is_own_alias("n1", handover_alias("n1")));
    EXPECT_FALSE(is_own_alias("n1", handover_alias("n11")));
    EXPECT_FALSE(is_own_alias("n1", ""));
    EXPECT_FALSE(port_of_alias("n1", port_alias("n12", "a")));
}

} // namespace
} // namespace coax
