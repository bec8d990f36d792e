// SPDX-License-Identifier: Apache-2.0
#include "cli/leftovers.h"

#include <fstream>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <gmock/gmock.h>

#include "cli/run_dir.h"
#include "harness/fake_links.h"
#include "harness/fake_wireguard.h"
#include "unit/cli/fixture.h"

namespace coax::test {
namespace {

using cli::DeadRunDir;
using cli::LeftoverReport;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LeftoversOf : public ::testing::Test {
  protected:
    LeftoverReport remove(const std::string &instance) {
        return cli::remove_leftovers(instance, {links, userspace,
                                                [this](const std::string &) { return pinned; },
                                                [this](const std::string &name) {
                                                    asked.push_back(name);
                                                    return datapath;
                                                }});
    }
    void add(const std::string &name, const std::string &kind, const std::string &alias) {
        links.add_existing(name, kind).alias = alias;
    }

    FakeLinks links;
    FakeWireGuard wireguard_go{&links};
    WireGuard *userspace = nullptr;
    bool pinned = false;
    Status datapath;
    std::vector<std::string> asked;
};

TEST_F(LeftoversOf, one_instance_and_nothing_of_another) {
    pinned = true;
    add("eth0", "", "");
    add("n1-wg0", "wireguard", "coax n1 lane 0");
    add("n1-hand", "dummy", "coax n1 handover");
    add("n10-hand", "dummy", "coax n10 handover");
    add("n1-mine", "dummy", "my own, not coax n1 ");
    EXPECT_THAT(remove("n1").removed,
                ElementsAre("programs and maps in /sys/fs/bpf/coax/n1",
                            "lane 0 (n1-wg0, wireguard)", "handover (n1-hand, dummy)"));
    EXPECT_THAT(asked, ElementsAre("n1"));
    for (const char *kept : {"eth0", "n10-hand", "n1-mine"})
        EXPECT_NE(links.peek(kept), nullptr) << kept;
    EXPECT_EQ(links.peek("n1-wg0"), nullptr);
    EXPECT_EQ(links.peek("n1-hand"), nullptr);
}

TEST_F(LeftoversOf, a_host_port_are_reported_once) {
    VethSpec spec;
    spec.name = "n1-p12";
    spec.peer_name = "red0";
    spec.alias = "coax n1 port red-h";
    ASSERT_TRUE(links.create_veth(spec).ok());
    EXPECT_THAT(remove("n1").removed, ElementsAre("port red-h (n1-p12, veth)"));
    EXPECT_EQ(links.peek("red0"), nullptr);
}

TEST_F(LeftoversOf, nothing_is_nothing) {
    const LeftoverReport report = remove("n1");
    EXPECT_THAT(report.removed, IsEmpty());
    EXPECT_THAT(report.failed, IsEmpty());
}

TEST_F(LeftoversOf, user_space_lanes_end_their_process) {
    userspace = &wireguard_go;
    ASSERT_TRUE(wireguard_go.ensure_device("n1-wg0", "coax n1 lane 0").ok());
    links.peek("n1-wg0")->kind = "tun";
    EXPECT_THAT(remove("n1").removed, ElementsAre("lane 0 (n1-wg0, tun)"));
    EXPECT_EQ(wireguard_go.peek("n1-wg0"), nullptr);
}

TEST_F(LeftoversOf, a_process_that_lost_its_link_ends) {
    userspace = &wireguard_go;
    ASSERT_TRUE(wireguard_go.ensure_device("n1-wg1", "coax n1 lane 1").ok());
    links.vanish("n1-wg1");
    EXPECT_THAT(remove("n1").removed, ElementsAre("wireguard-go of n1-wg1"));
    EXPECT_EQ(wireguard_go.peek("n1-wg1"), nullptr);
}

TEST_F(LeftoversOf, a_foreign_device_with_our_name_is_left_alone) {
    userspace = &wireguard_go;
    ASSERT_TRUE(wireguard_go.ensure_device("n1-wg0", "").ok());
    EXPECT_THAT(remove("n1").removed, IsEmpty());
    EXPECT_NE(wireguard_go.peek("n1-wg0"), nullptr);
}

TEST_F(LeftoversOf, failures_do_not_stop_the_rest) {
    datapath = Error(ErrorCode::kSystem, "detach tc_port: device busy");
    add("n1-hand", "dummy", "coax n1 handover");
    const LeftoverReport report = remove("n1");
    EXPECT_THAT(report.failed, ElementsAre("programs and maps in /sys/fs/bpf/coax/n1: "
                                           "detach tc_port: device busy"));
    EXPECT_THAT(report.removed, ElementsAre("handover (n1-hand, dummy)"));
}

class RunDir : public ::testing::Test {
  protected:
    std::string make(const std::string &name, const std::string &text) {
        const auto path = dir.path() / name;
        std::ofstream(path) << text;
        return path;
    }
    TempDir dir;
};

TEST_F(RunDir, of_a_living_agent_is_not_taken) {
    const std::string lock = make("agent.lock", "4242\n");
    const UniqueFd held(::open(lock.c_str(), O_RDWR | O_CLOEXEC));
    ASSERT_EQ(::flock(held.get(), LOCK_EX | LOCK_NB), 0);
    const auto taken = DeadRunDir::take(dir.path());
    ASSERT_FALSE(taken.ok());
    EXPECT_EQ(taken.error().code(), ErrorCode::kBusy);
    EXPECT_THAT(taken.error().message(), HasSubstr("pid 4242"));
}

TEST_F(RunDir, of_a_dead_agent_goes_with_all_it_kept) {
    make("agent.lock", "4242\n");
    make("configured.json", "{}");
    FakeAgent agent;
    const std::string socket = dir.path() / "agent.sock";
    agent.serve(socket);
    auto taken = DeadRunDir::take(dir.path());
    ASSERT_TRUE(taken.ok());
    EXPECT_EQ(taken->clear().size(), 3U);
    EXPECT_FALSE(std::filesystem::exists(dir.path()));
}

TEST_F(RunDir, keeps_what_is_not_the_agents) {
    const std::string foreign = make("configured.json", "{}");
    const std::string other = make("agent.sock", "not a socket");
    auto taken = DeadRunDir::take(dir.path());
    ASSERT_TRUE(taken.ok());
    EXPECT_THAT(taken->clear(), IsEmpty());
    EXPECT_TRUE(std::filesystem::exists(foreign));
    EXPECT_TRUE(std::filesystem::exists(other));
}

TEST_F(RunDir, need_not_exist) {
    auto taken = DeadRunDir::take(dir.path() / "none");
    ASSERT_TRUE(taken.ok());
    EXPECT_THAT(taken->clear(), IsEmpty());
}

} // namespace
} // namespace coax::test
