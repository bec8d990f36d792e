// SPDX-License-Identifier: Apache-2.0
// Uplinks: the XDP hook, alone or in libxdp's chain, and the guard at egress.
#include <gmock/gmock.h>

#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>

#include "lib/bpf/xdp_state.h"
#include "unit/bpf/datapath_sandbox.h"
#include "unit/bpf/libxdp_program.h"

namespace coax {
namespace {

using test::our_filter;
using test::pin_dir;
using test::VethPair;
using test::xdp_program_id;
using testing::AllOf;
using testing::HasSubstr;

class Uplink : public test::DatapathTest {
  protected:
    /// Attaches `fd` as any tool would.
    void attach_stranger(int fd, std::uint32_t mode) {
        ASSERT_EQ(bpf_xdp_attach(static_cast<int>(link_.value()), fd,
                                 mode | XDP_FLAGS_UPDATE_IF_NOEXIST, nullptr),
                  0);
    }
    const VethPair veth_{"cxu"};
    const IfIndex link_ = veth_.link();
};

TEST_F(Uplink, gets_the_guard_at_egress_and_xdp_in_native_mode) {
    const auto datapath = open();
    const auto uplink = datapath->attach_uplink(link_, std::nullopt);
    ASSERT_TRUE(uplink.ok()) << uplink.error().message();
    EXPECT_EQ(uplink->xdp_mode, XdpMode::kNative);
    EXPECT_TRUE(uplink->changed);
    EXPECT_EQ(uplink->detail.empty(), uplink->dispatcher);
    EXPECT_EQ(test::program_name(our_filter(link_, TcSide::kEgress)), "tc_uplink");
    EXPECT_EQ(test::program_name(xdp_program_id(link_)),
              uplink->dispatcher ? "xdp_dispatcher" : "xdp_uplink");
}

TEST_F(Uplink, attached_again_is_not_touched_also_after_a_restart) {
    auto datapath = open();
    ASSERT_TRUE(datapath->attach_uplink(link_, std::nullopt).ok());
    const auto id = xdp_program_id(link_);
    for (int round = 0; round < 2; ++round) {
        const auto again = datapath->attach_uplink(link_, std::nullopt);
        ASSERT_TRUE(again.ok()) << again.error().message();
        EXPECT_FALSE(again->changed);
        EXPECT_EQ(again->xdp_mode, XdpMode::kNative);
        EXPECT_EQ(xdp_program_id(link_), id);
        datapath.reset();
        EXPECT_EQ(xdp_program_id(link_), id); // sticky
        datapath = open();
    }
}

TEST_F(Uplink, takes_the_mode_it_is_told) {
    const auto datapath = open();
    EXPECT_EQ(datapath->attach_uplink(link_, false)->xdp_mode, XdpMode::kGeneric);
    EXPECT_FALSE(datapath->attach_uplink(link_, std::nullopt)->changed); // good enough
    const auto native = datapath->attach_uplink(link_, true);
    ASSERT_TRUE(native.ok()) << native.error().message();
    EXPECT_EQ(native->xdp_mode, XdpMode::kNative);
    EXPECT_TRUE(native->changed);
}

TEST_F(Uplink, falls_back_to_generic_where_the_driver_has_no_xdp_and_says_why) {
    const IfIndex loopback(::if_nametoindex("lo"));
    const auto datapath = open();
    EXPECT_FALSE(datapath->attach_uplink(loopback, true).ok());
    const auto uplink = datapath->attach_uplink(loopback, std::nullopt);
    ASSERT_TRUE(uplink.ok()) << uplink.error().message();
    EXPECT_EQ(uplink->xdp_mode, XdpMode::kGeneric);
    EXPECT_THAT(uplink->detail, HasSubstr("not native"));
    ASSERT_TRUE(datapath->detach_uplink(loopback).ok());
}

TEST_F(Uplink, works_with_jumbo_frames) {
    const VethPair jumbo("cxj", 9000);
    const auto uplink = open()->attach_uplink(jumbo.link(), std::nullopt);
    ASSERT_TRUE(uplink.ok()) << uplink.error().message();
    EXPECT_EQ(uplink->xdp_mode, XdpMode::kNative) << uplink->detail;
}

TEST_F(Uplink, replaces_our_older_program) {
    const auto datapath = open();
    const auto older = test::load_using_map(BPF_PROG_TYPE_XDP, "xdp_uplink",
                                            pin_dir(instance_) / "coax_settings", XDP_PASS);
    attach_stranger(older.get(), XDP_FLAGS_DRV_MODE);
    const auto uplink = datapath->attach_uplink(link_, std::nullopt);
    ASSERT_TRUE(uplink.ok()) << uplink.error().message();
    EXPECT_TRUE(uplink->changed);
    EXPECT_NE(xdp_program_id(link_), test::program_id(older.get()));
}

TEST_F(Uplink, does_not_touch_a_stranger_and_names_it_but_guards_egress) {
    const auto other = test::load_stranger(BPF_PROG_TYPE_XDP, "stranger", XDP_PASS);
    attach_stranger(other.get(), XDP_FLAGS_DRV_MODE);
    const auto datapath = open();
    const auto uplink = datapath->attach_uplink(link_, std::nullopt);
    ASSERT_FALSE(uplink.ok());
    EXPECT_EQ(uplink.error().code(), ErrorCode::kBusy);
    EXPECT_THAT(uplink.error().message(),
                AllOf(HasSubstr("cxu"), HasSubstr("stranger"),
                      HasSubstr(std::to_string(test::program_id(other.get())))));
    EXPECT_NE(our_filter(link_, TcSide::kEgress), 0U);

    ASSERT_TRUE(datapath->detach_uplink(link_).ok());
    EXPECT_EQ(xdp_program_id(link_), test::program_id(other.get()));
    EXPECT_EQ(our_filter(link_, TcSide::kEgress), 0U);
}

TEST_F(Uplink, of_another_instance_is_not_taken) {
    ASSERT_TRUE(open(other_instance_)->attach_uplink(link_, std::nullopt).ok());
    const auto id = xdp_program_id(link_);
    const auto uplink = open()->attach_uplink(link_, std::nullopt);
    ASSERT_FALSE(uplink.ok());
    EXPECT_THAT(uplink.error().message(), HasSubstr(other_instance_));
    EXPECT_EQ(xdp_program_id(link_), id);
}

TEST_F(Uplink, whose_pins_were_deleted_is_taken_over) {
    ASSERT_TRUE(open()->attach_uplink(link_, std::nullopt).ok());
    const auto orphan = xdp_program_id(link_);
    std::filesystem::remove_all(pin_dir(instance_));
    const auto uplink = open()->attach_uplink(link_, std::nullopt);
    ASSERT_TRUE(uplink.ok()) << uplink.error().message();
    EXPECT_TRUE(uplink->changed);
    EXPECT_NE(xdp_program_id(link_), orphan);
    const auto state = read_xdp_state(link_);
    ASSERT_TRUE(state.ok());
    EXPECT_EQ(state->chained.size(), uplink->dispatcher ? 1U : 0U);
}

TEST_F(Uplink, shares_the_hook_with_programs_of_others_where_libxdp_can) {
    const auto datapath = open();
    const auto uplink = datapath->attach_uplink(link_, std::nullopt);
    ASSERT_TRUE(uplink.ok()) << uplink.error().message();
    const auto other = test::LibxdpProgram::xdp_pass();
    const int attached = other.attach(link_, XDP_MODE_NATIVE);
    if (!uplink->dispatcher) { // libxdp 1.3 on kernel 6.13 and newer
        EXPECT_THAT(uplink->detail, HasSubstr("alone"));
        EXPECT_NE(attached, 0);
        return;
    }
    ASSERT_EQ(attached, 0);
    EXPECT_EQ(read_xdp_state(link_)->chained.size(), 2U);
    EXPECT_FALSE(datapath->attach_uplink(link_, std::nullopt)->changed);

    ASSERT_TRUE(datapath->detach_uplink(link_).ok());
    const auto state = read_xdp_state(link_);
    ASSERT_EQ(state->chained.size(), 1U);
    EXPECT_EQ(state->chained.front().name, "xdp_pass");

    // And the other way round: they are there first.
    const auto joined = datapath->attach_uplink(link_, std::nullopt);
    ASSERT_TRUE(joined.ok()) << joined.error().message();
    EXPECT_TRUE(joined->dispatcher);
    EXPECT_EQ(read_xdp_state(link_)->chained.size(), 2U);
    EXPECT_EQ(datapath->attach_uplink(link_, false).error().code(), ErrorCode::kBusy);
}

TEST_F(Uplink, detached_has_nothing_of_ours) {
    const auto datapath = open();
    ASSERT_TRUE(datapath->attach_uplink(link_, std::nullopt).ok());
    ASSERT_TRUE(datapath->detach_uplink(link_).ok());
    EXPECT_EQ(xdp_program_id(link_), 0U);
    EXPECT_EQ(test::qdisc_at(link_), "");
    EXPECT_TRUE(datapath->detach_uplink(link_).ok());
}

TEST_F(Uplink, is_clean_after_removal_by_a_process_that_never_opened_it) {
    ASSERT_TRUE(open()->attach_uplink(link_, std::nullopt).ok());
    ASSERT_TRUE(remove_datapath(instance_).ok());
    EXPECT_EQ(xdp_program_id(link_), 0U);
    EXPECT_EQ(our_filter(link_, TcSide::kEgress), 0U);
    EXPECT_FALSE(std::filesystem::exists(pin_dir(instance_)));
}

} // namespace
} // namespace coax
