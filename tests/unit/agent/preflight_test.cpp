// SPDX-License-Identifier: Apache-2.0
#include "agent/preflight/preflight.h"

#include <chrono>
#include <fstream>
#include <future>

#include <netinet/in.h>
#include <sys/socket.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/names.h"
#include "agent/preflight/environment.h"
#include "agent/preflight/instance_lock.h"
#include "harness/bound_port.h"
#include "unit/agent/world.h"

namespace coax {
namespace {

using test::example_state;
using test::FakeLinks;
using test::prefix;
using test::TempFolder;
using testing::HasSubstr;
using testing::StartsWith;

/// A configuration file with known lines, and a machine with one uplink.
class EnvironmentTest : public testing::Test {
  protected:
    EnvironmentTest() {
        std::ofstream(file_) << "[underlay]\n"           // 1
                                "uplinks = [\"eth0\"]\n" // 2
                                "mtu = 1500\n"           // 3
                                "[[network]]\n"          // 4
                                "name = \"other\"\n"     // 5
                                "[[network]]\n"          // 6
                                "name = \"red\"\n"       // 7
                                "mtu = 9000\n"           // 8
                                "subnets = []\n";        // 9
        eth0_ = links_.add_existing("eth0").index;
    }
    std::string error(const std::vector<std::string> &tolerated = {}) {
        const Status status = check_environment(state_, links_, tolerated, ConfigLocator(file_));
        if (status.ok())
            return "";
        EXPECT_EQ(status.error().code(), ErrorCode::kInvalid);
        return status.error().message();
    }

    TempFolder folder_;
    std::string file_ = (folder_.path() / "coax.toml").string();
    DesiredState state_ = example_state();
    FakeLinks links_;
    IfIndex eth0_;
};

TEST_F(EnvironmentTest, fitting_machine_passes) {
    ASSERT_TRUE(links_.add_address(eth0_, prefix("192.0.2.1/24")).ok());
    EXPECT_EQ(error(), "");
}

TEST_F(EnvironmentTest, missing_uplink_is_named_with_its_line) {
    links_.vanish("eth0");
    EXPECT_THAT(error(), StartsWith(file_ + ":2: underlay.uplinks: expected"));
    EXPECT_THAT(error(), HasSubstr("no interface eth0"));
    EXPECT_EQ(error({"eth0"}), "") << "it was there once";
}

TEST_F(EnvironmentTest, small_mtu_of_an_uplink_is_named) {
    links_.peek("eth0")->mtu = 600;
    EXPECT_THAT(error(), AllOf(StartsWith(file_ + ":2: underlay.uplinks"), HasSubstr("eth0"),
                               HasSubstr("600")));
}

TEST_F(EnvironmentTest, small_configured_mtu_is_named) {
    state_.underlay.mtu = 700;
    EXPECT_THAT(error(), AllOf(StartsWith(file_ + ":3: underlay.mtu"), HasSubstr("700")));
}

TEST_F(EnvironmentTest, network_mtu_beyond_the_underlay_is_named) {
    state_.networks.at(Vni(100)).mtu = 9000;
    EXPECT_THAT(error(), AllOf(StartsWith(file_ + ":8: network.mtu"), HasSubstr("1390"),
                               HasSubstr("9000"), HasSubstr("1500")));
}

TEST_F(EnvironmentTest, pool_and_subnets_must_not_overlap_uplinks) {
    ASSERT_TRUE(links_.add_address(eth0_, prefix("10.1.0.200/16")).ok());
    EXPECT_THAT(error(), AllOf(StartsWith(file_ + ":9: network.subnets"),
                               HasSubstr("10.1.0.200/16 of eth0")));
    state_.underlay.guard_subnets = false;
    EXPECT_EQ(error(), "");
    ASSERT_TRUE(links_.add_address(eth0_, prefix("100.64.3.4/24")).ok());
    EXPECT_THAT(error(), AllOf(HasSubstr("overlay.vtep_pool"), HasSubstr("100.64.0.0/10")));
}

TEST_F(EnvironmentTest, error_with_a_key_is_located) {
    const ConfigLocator config(file_);
    const Error known(ErrorCode::kInvalid, "underlay.mtu: expected 1500 as it runs, found 9000");
    EXPECT_THAT(config.locate(known).message(), StartsWith(file_ + ":3: underlay.mtu: expected"));
    const Error other(ErrorCode::kInvalid, "something: else");
    EXPECT_THAT(config.locate(other).message(), StartsWith(file_ + ": something"));
    const Error done(ErrorCode::kInvalid, file_ + ":9: x");
    EXPECT_EQ(config.locate(done).message(), done.message());
}

TEST(InstanceLock, second_agent_is_refused_with_the_pid_of_the_first) {
    const TempFolder folder;
    {
        const auto first = InstanceLock::take(folder.path().string());
        ASSERT_TRUE(first.ok());
        const auto second = InstanceLock::take(folder.path().string());
        ASSERT_FALSE(second.ok());
        EXPECT_EQ(second.error().code(), ErrorCode::kBusy);
        EXPECT_THAT(second.error().message(), HasSubstr(std::to_string(::getpid())));
    }
    EXPECT_TRUE(InstanceLock::take(folder.path().string()).ok()) << "free again";
}

TEST(InstanceLock, agent_waits_for_the_guard_and_the_guard_for_nobody) {
    const TempFolder folder;
    auto guard = InstanceLock::take(folder.path().string(), InstanceLock::Holder::kGuard);
    ASSERT_TRUE(guard.ok()) << guard.error().message();
    auto agent =
        std::async(std::launch::async, [&] { return InstanceLock::take(folder.path().string()); });
    EXPECT_EQ(agent.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
    const auto second = InstanceLock::take(folder.path().string(), InstanceLock::Holder::kGuard);
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().code(), ErrorCode::kBusy);
    guard = Error(ErrorCode::kUnavailable, "released");
    const auto taken = agent.get();
    ASSERT_TRUE(taken.ok()) << taken.error().message();
    const auto late = InstanceLock::take(folder.path().string(), InstanceLock::Holder::kGuard);
    EXPECT_FALSE(late.ok());
}

TEST(UdpPorts, busy_port_of_a_lane_that_is_not_there_yet_is_named) {
    const UniqueFd fd(::socket(AF_INET, SOCK_DGRAM, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    ASSERT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr *>(&address), sizeof(address)), 0);
    const std::uint16_t port = test::bound_port(fd.get());

    DesiredState state = example_state();
    state.underlay.listen_port = UdpPort(port);
    FakeLinks links;
    const Status busy = check_udp_ports(state, links, nullptr);
    ASSERT_FALSE(busy.ok());
    EXPECT_EQ(busy.error().code(), ErrorCode::kBusy);
    EXPECT_THAT(busy.error().message(), HasSubstr(std::to_string(port)));
    links.add_existing("n1-wg0", "wireguard");
    EXPECT_TRUE(check_udp_ports(state, links, nullptr).ok()) << "our own lane holds it";

    DesiredState running = state;
    EXPECT_TRUE(check_udp_ports(state, links, &running).ok());
    running.underlay.listen_port = UdpPort(static_cast<std::uint16_t>(port - 1));
    EXPECT_FALSE(check_udp_ports(state, links, &running).ok()) << "a reload to a busy port";
}

TEST(DeviceNames, device_of_somebody_else_is_named) {
    FakeLinks links;
    EXPECT_TRUE(check_device_names(example_state(), links).ok());
    Link &lane = links.add_existing("n1-wg0", "wireguard");
    const Status foreign = check_device_names(example_state(), links);
    ASSERT_FALSE(foreign.ok());
    EXPECT_THAT(foreign.error().message(), HasSubstr("n1-wg0"));
    lane.alias = lane_alias("n1", 0);
    EXPECT_TRUE(check_device_names(example_state(), links).ok());
}

} // namespace
} // namespace coax
