// SPDX-License-Identifier: Apache-2.0
// TC filters among those of others.
#include <gmock/gmock.h>

#include "unit/bpf/datapath_sandbox.h"
#include "unit/bpf/sample_tables.h"

namespace coax {
namespace {

using test::count_filters;
using test::filter_at;
using test::our_filter;
using test::pin_dir;
using test::program_name;
using test::VethPair;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;

constexpr std::uint32_t kStrangerPriority = 49152;

class TcAttach : public test::DatapathTest {
  protected:
    static UniqueFd stranger() {
        return test::load_stranger(BPF_PROG_TYPE_SCHED_CLS, "stranger", 0);
    }
    const VethPair veth_{"cxa"};
    const IfIndex link_ = veth_.link();
};

TEST_F(TcAttach, puts_each_program_at_ingress_of_its_device) {
    const VethPair lane("cxb");
    const VethPair handover("cxc");
    const auto datapath = open();
    EXPECT_TRUE(*datapath->attach_port(link_));
    EXPECT_TRUE(*datapath->attach_lane(lane.link()));
    EXPECT_TRUE(*datapath->attach_handover(handover.link()));
    EXPECT_EQ(program_name(our_filter(link_, TcSide::kIngress)), "tc_port");
    EXPECT_EQ(program_name(our_filter(lane.link(), TcSide::kIngress)), "tc_lane");
    EXPECT_EQ(program_name(our_filter(handover.link(), TcSide::kIngress)), "tc_handover");
    EXPECT_EQ(count_filters(link_, TcSide::kEgress), 0U);
}

TEST_F(TcAttach, again_changes_nothing_also_after_a_restart) {
    auto datapath = open();
    EXPECT_TRUE(*datapath->attach_port(link_));
    const auto id = our_filter(link_, TcSide::kIngress);
    EXPECT_FALSE(*datapath->attach_port(link_));
    datapath.reset();
    EXPECT_EQ(our_filter(link_, TcSide::kIngress), id); // sticky
    EXPECT_FALSE(*open()->attach_port(link_));
    EXPECT_EQ(our_filter(link_, TcSide::kIngress), id);
    EXPECT_EQ(count_filters(link_, TcSide::kIngress), 1U);
}

TEST_F(TcAttach, replaces_our_older_program_and_leaves_the_filters_of_others) {
    const auto datapath = open();
    const auto other = stranger();
    ASSERT_EQ(test::add_filter(link_, TcSide::kIngress, other.get(), kStrangerPriority, 1), 0);
    const auto older = test::load_using_map(BPF_PROG_TYPE_SCHED_CLS, "tc_port",
                                            pin_dir(instance_) / "coax_settings", -1);
    ASSERT_EQ(test::add_filter(link_, TcSide::kIngress, older.get(), kTcPriority, kTcHandle), 0);

    EXPECT_TRUE(*datapath->attach_port(link_));
    EXPECT_NE(our_filter(link_, TcSide::kIngress), test::program_id(older.get()));
    EXPECT_EQ(filter_at(link_, TcSide::kIngress, kStrangerPriority, 1),
              test::program_id(other.get()));
    EXPECT_EQ(count_filters(link_, TcSide::kIngress), 2U);
}

TEST_F(TcAttach, does_not_touch_a_stranger_at_our_place) {
    const auto datapath = open();
    const auto other = stranger();
    ASSERT_EQ(test::add_filter(link_, TcSide::kIngress, other.get(), kTcPriority, kTcHandle), 0);
    const auto attached = datapath->attach_port(link_);
    ASSERT_FALSE(attached.ok());
    EXPECT_EQ(attached.error().code(), ErrorCode::kBusy);
    EXPECT_THAT(attached.error().message(),
                AllOf(HasSubstr("cxa ingress"), HasSubstr("stranger"),
                      HasSubstr(std::to_string(test::program_id(other.get())))));
    EXPECT_EQ(our_filter(link_, TcSide::kIngress), test::program_id(other.get()));
}

TEST_F(TcAttach, does_not_touch_a_filter_of_another_protocol_at_our_priority) {
    const auto datapath = open();
    test::create_clsact(link_);
    test::run("tc filter add dev cxa ingress prio 2 protocol ip bpf bytecode '1,6 0 0 0'");
    const auto attached = datapath->attach_port(link_);
    ASSERT_FALSE(attached.ok());
    EXPECT_EQ(attached.error().code(), ErrorCode::kBusy);
    EXPECT_THAT(attached.error().message(), HasSubstr("tc filter show dev cxa"));
}

TEST_F(TcAttach, does_not_take_the_device_of_another_instance) {
    const auto other = open(other_instance_);
    ASSERT_TRUE(*other->attach_port(link_));
    const auto id = our_filter(link_, TcSide::kIngress);
    const auto attached = open()->attach_port(link_);
    ASSERT_FALSE(attached.ok());
    EXPECT_EQ(attached.error().code(), ErrorCode::kBusy);
    EXPECT_THAT(attached.error().message(), HasSubstr("Coax instance " + other_instance_));
    EXPECT_EQ(our_filter(link_, TcSide::kIngress), id);
}

TEST_F(TcAttach, takes_over_a_program_whose_pins_were_deleted) {
    ASSERT_TRUE(*open()->attach_port(link_));
    const auto orphan = our_filter(link_, TcSide::kIngress);
    std::filesystem::remove_all(pin_dir(instance_));
    // Same tag, but the maps it uses are nobody's.
    EXPECT_TRUE(*open()->attach_port(link_));
    EXPECT_NE(our_filter(link_, TcSide::kIngress), orphan);
}

TEST_F(TcAttach, refuses_an_ingress_qdisc_that_cannot_hold_egress_filters) {
    test::run("tc qdisc add dev cxa ingress");
    const auto attached = open()->attach_uplink(link_, std::nullopt);
    ASSERT_FALSE(attached.ok());
    EXPECT_EQ(attached.error().code(), ErrorCode::kBusy);
    EXPECT_THAT(attached.error().message(),
                AllOf(HasSubstr("clsact"), HasSubstr("tc qdisc del dev cxa ingress")));
    EXPECT_EQ(count_filters(link_, TcSide::kIngress), 0U);
}

TEST_F(TcAttach, to_a_device_that_is_gone_is_an_error) {
    const auto attached = open()->attach_port(IfIndex(999999));
    ASSERT_FALSE(attached.ok());
    EXPECT_THAT(attached.error().message(), HasSubstr("ifindex 999999"));
}

TEST_F(TcAttach, notes_a_filter_that_runs_before_the_guard) {
    const auto datapath = open();
    const auto other = stranger();
    ASSERT_EQ(test::add_filter(link_, TcSide::kEgress, other.get(), 1, 1), 0);
    ASSERT_TRUE(datapath->attach_uplink(link_, std::nullopt).ok());
    EXPECT_THAT(datapath->notes(),
                Contains(AllOf(HasSubstr("cxa egress"), HasSubstr("priority 1"))));
    ASSERT_TRUE(datapath->detach_uplink(link_).ok());
    EXPECT_THAT(datapath->notes(), testing::Not(Contains(HasSubstr("cxa egress"))));
}

class TcRemove : public TcAttach {};

TEST_F(TcRemove, deletes_the_qdisc_it_made) {
    const auto datapath = open();
    ASSERT_TRUE(*datapath->attach_port(link_));
    ASSERT_EQ(test::qdisc_at(link_), "clsact");
    ASSERT_TRUE(datapath->remove_everything().ok());
    EXPECT_EQ(test::qdisc_at(link_), "");
}

TEST_F(TcRemove, remembers_over_a_restart_which_qdisc_it_made) {
    ASSERT_TRUE(*open()->attach_port(link_));
    open().reset();
    ASSERT_TRUE(remove_datapath(instance_).ok()); // the agent is dead
    EXPECT_EQ(test::qdisc_at(link_), "");
}

TEST_F(TcRemove, keeps_a_qdisc_that_was_there) {
    test::create_clsact(link_);
    ASSERT_TRUE(*open()->attach_port(link_));
    ASSERT_TRUE(remove_datapath(instance_).ok());
    EXPECT_EQ(test::qdisc_at(link_), "clsact");
    EXPECT_EQ(count_filters(link_, TcSide::kIngress), 0U);
}

TEST_F(TcRemove, keeps_filters_of_others_and_the_qdisc_under_them) {
    ASSERT_TRUE(*open()->attach_port(link_));
    const auto other = stranger();
    ASSERT_EQ(test::add_filter(link_, TcSide::kIngress, other.get(), kTcPriority, 1), 0);
    ASSERT_EQ(test::add_filter(link_, TcSide::kEgress, other.get(), kStrangerPriority, 1), 0);
    ASSERT_TRUE(remove_datapath(instance_).ok());
    EXPECT_EQ(our_filter(link_, TcSide::kIngress), 0U);
    EXPECT_EQ(filter_at(link_, TcSide::kIngress, kTcPriority, 1), test::program_id(other.get()));
    EXPECT_EQ(filter_at(link_, TcSide::kEgress, kStrangerPriority, 1),
              test::program_id(other.get()));
}

TEST_F(TcRemove, leaves_a_stranger_at_our_place) {
    open();
    const auto other = stranger();
    ASSERT_EQ(test::add_filter(link_, TcSide::kIngress, other.get(), kTcPriority, kTcHandle), 0);
    ASSERT_TRUE(remove_datapath(instance_).ok());
    EXPECT_EQ(our_filter(link_, TcSide::kIngress), test::program_id(other.get()));
}

TEST_F(TcRemove, leaves_no_pin_and_may_be_repeated) {
    open();
    ASSERT_TRUE(remove_datapath(instance_).ok());
    EXPECT_FALSE(std::filesystem::exists(pin_dir(instance_)));
    EXPECT_FALSE(std::filesystem::exists("/sys/fs/bpf/coax"));
    EXPECT_TRUE(remove_datapath(instance_).ok());
}

TEST_F(TcRemove, does_not_disturb_another_instance) {
    const VethPair far("cxd");
    const auto other = open(other_instance_);
    ASSERT_TRUE(other->apply(diff({}, test::sample_tables())).ok());
    ASSERT_TRUE(*other->attach_port(far.link()));
    ASSERT_TRUE(other->attach_uplink(far.link(), std::nullopt).ok());
    const auto xdp = test::xdp_program_id(far.link());

    const auto datapath = open();
    ASSERT_TRUE(*datapath->attach_port(link_));
    ASSERT_TRUE(datapath->attach_uplink(link_, std::nullopt).ok());
    ASSERT_TRUE(datapath->remove_everything().ok());

    EXPECT_NE(our_filter(far.link(), TcSide::kIngress), 0U);
    EXPECT_NE(our_filter(far.link(), TcSide::kEgress), 0U);
    EXPECT_EQ(test::xdp_program_id(far.link()), xdp);
    EXPECT_EQ(diff(*other->read_tables(), test::sample_tables()).size(), 0U);
    EXPECT_EQ(test::xdp_program_id(link_), 0U);
}

} // namespace
} // namespace coax
