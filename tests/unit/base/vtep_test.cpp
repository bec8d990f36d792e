// SPDX-License-Identifier: Apache-2.0
#include "lib/base/vtep.h"

#include <gtest/gtest.h>

#include "coax/abi/limits.h"

namespace coax {
namespace {

IpPrefix pool(const char *text) {
    return *IpPrefix::parse(text);
}

TEST(Vtep, a_node_has_one_address_in_each_half_of_the_pool) {
    EXPECT_EQ(vtep_in(pool("100.64.0.0/10"), NodeId(258)).to_string(), "100.64.1.2");
    EXPECT_EQ(vtep_in(pool("100.64.0.0/10"), NodeId(258), KeySet::kSecond).to_string(),
              "100.96.1.2");
    EXPECT_EQ(vtep_in(pool("192.0.2.8/29"), NodeId(3), KeySet::kSecond).to_string(), "192.0.2.15");
}

TEST(Vtep, ids_end_before_the_second_half) {
    EXPECT_EQ(largest_node_id(pool("100.64.0.0/10")), (1U << 21) - 1);
    EXPECT_EQ(largest_node_id(pool("192.0.2.8/29")), 3U);
    EXPECT_EQ(largest_node_id(pool("192.0.2.8/30")), 1U);
    EXPECT_EQ(largest_node_id(pool("10.0.0.0/8")), (1U << 23) - 1);
    for (std::uint8_t length = 8; length <= 30; ++length) {
        const IpPrefix one{IpAddress::v4(0x0a000000), length};
        const NodeId last(largest_node_id(one));
        EXPECT_TRUE(one.contains(vtep_in(one, last, KeySet::kSecond)));
        EXPECT_LT(vtep_in(one, last), vtep_in(one, NodeId(0), KeySet::kSecond));
    }
}

} // namespace
} // namespace coax
