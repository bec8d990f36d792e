// SPDX-License-Identifier: Apache-2.0
#include "harness/fake_links.h"

#include <gtest/gtest.h>

namespace coax::test {
namespace {

TEST(FakeLinks, behaves_as_the_contract_says) {
    FakeLinks here;
    FakeLinks there;
    here.attach_namespace(7, there);
    const auto made = here.create_veth({"n1-p1", "eth0", "coax n1 port a", {}, 1390, 7});
    ASSERT_TRUE(made.ok());
    ASSERT_NE(there.peek("eth0"), nullptr);
    EXPECT_EQ(there.at("eth0").alias, "coax n1 port a");
    EXPECT_EQ(made->peer, there.at("eth0").index);
    EXPECT_TRUE(here.autoconf_off("n1-p1"));
    EXPECT_EQ(here.create_dummy("n1-p1", "x").error().code(), ErrorCode::kExists);
    ASSERT_TRUE(here.remove(made->index).ok());
    EXPECT_EQ(there.peek("eth0"), nullptr);
    EXPECT_TRUE(here.remove(made->index).ok());
    EXPECT_EQ(here.set_up(made->index, true).error().code(), ErrorCode::kNotFound);
}

TEST(FakeLinks, fails_the_call_it_is_told_to) {
    FakeLinks links;
    const auto dummy = links.create_dummy("d", "");
    ASSERT_TRUE(dummy.ok());
    links.faults.fail_nth(2, Error(ErrorCode::kSystem, "boom"));
    EXPECT_TRUE(links.set_mtu(dummy->index, 1400).ok());
    EXPECT_FALSE(links.set_mtu(dummy->index, 1401).ok());
    EXPECT_TRUE(links.set_mtu(dummy->index, 1402).ok());
    links.faults.fail_on("set_up", Error(ErrorCode::kBusy, "busy"));
    EXPECT_EQ(links.set_up(dummy->index, true).error().code(), ErrorCode::kBusy);
    EXPECT_EQ(links.faults.count("set_mtu d"), 3U);
    EXPECT_EQ(links.at("d").mtu, 1402U);
}

} // namespace
} // namespace coax::test
