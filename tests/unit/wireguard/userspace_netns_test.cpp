// SPDX-License-Identifier: Apache-2.0
// What only the user-space backend has: a process that outlives the agent, dies, hangs, or is another's.
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/file.h"
#include "lib/net/netns.h"
#include "lib/wireguard/uapi_socket.h"
#include "lib/wireguard/wireguard_go_process.h"
#include "unit/wireguard/backend_fixture.h"

namespace coax {
namespace {

using test::poll_until;
using testing::HasSubstr;

const std::string kAlias = "coax wt lane 0";

/// Natively only: an emulated processor does not keep the agent's deadlines for the process.
class Userspace : public test::BackendTest, public testing::WithParamInterface<const char *> {
  protected:
    Userspace() : BackendTest("userspace") {}

    static pid_t listener_of(const std::string &name) {
        const auto socket = UapiSocket::connect(name, Deadline::in(std::chrono::seconds(2)));
        return socket.ok() ? socket->listener().value() : 0;
    }
    /// Stops the process and waits until none of its threads runs: kill(2) returns before that.
    static void stop(pid_t pid) {
        ASSERT_EQ(::kill(pid, SIGSTOP), 0);
        ASSERT_TRUE(poll_until([&] {
            const std::filesystem::directory_iterator threads("/proc/" + std::to_string(pid) +
                                                              "/task");
            return std::all_of(begin(threads), end(threads), [](const auto &thread) {
                const auto stat = read_file(thread.path() / "stat", 4096);
                return stat.ok() && stat->find(") T ") != std::string::npos;
            });
        }));
    }
    /// The agent ends and another one starts: only `run_dir` and the process are left.
    void restart_agent() { wireguard_ = make_backend(*links_); }
};

TEST_P(Userspace, finds_a_running_process_again_after_a_restart_of_the_agent) {
    const std::string name = ensure("a");
    WgDeviceConfig desired{public_key_of(key_a_), UdpPort(41820), {}};
    desired.peers[test::key_of(2)] = test::peer("192.0.2.2:51820", {"100.64.0.2/32"});
    reconcile(name, desired, nullptr);
    const pid_t before = listener_of(name);
    restart_agent();
    const auto made = wireguard_->ensure_device(name, kAlias);
    ASSERT_TRUE(made.ok()) << made.error().message();
    EXPECT_FALSE(*made);
    EXPECT_EQ(listener_of(name), before);
    EXPECT_TRUE(diff(*wireguard_->read(name), desired, nullptr).empty());
    EXPECT_EQ(::getsid(before),
              before); // a session of its own: no terminal, no signal to our group
}

TEST_P(Userspace, keeps_the_count_of_refused_sources_over_a_restart_of_the_agent) {
    connect_two();
    send_through_a("100.64.0.9", "100.64.0.2");
    ASSERT_TRUE(poll_until([&] { return *b_->wireguard->rejected_sources(b_->name) == 1U; }));
    send_through_a("100.64.0.9", "100.64.0.2"); // not counted before the restart, maybe
    const auto guard = NetnsGuard::enter(b_->netns.get());
    b_->wireguard = make_backend(*b_->links);
    EXPECT_TRUE(poll_until([&] { return *b_->wireguard->rejected_sources(b_->name) == 2U; }));
    b_->wireguard = make_backend(*b_->links);
    EXPECT_EQ(*b_->wireguard->rejected_sources(b_->name), 2U);
}

TEST_P(Userspace, survives_a_full_log_and_counts_on) {
    connect_two();
    send_through_a("100.64.0.1", "100.64.0.2");
    ASSERT_TRUE(poll_until([&] {
        return wireguard_->read(a_name_)->peers.begin()->second.last_handshake.has_value();
    }));
    // Many times what the log holds, by what B has received: a slow machine drops some on the way.
    std::uint64_t sent = 0;
    ASSERT_TRUE(poll_until([&] {
        for (int i = 0; i < 100; ++i, ++sent)
            send_through_a("100.64.0.9", "100.64.0.2");
        constexpr std::uint64_t kManyBytes = 2000 * 64;
        return b_->wireguard->read(b_->name)->peers.begin()->second.rx_bytes > kManyBytes;
    }));
    const auto first = *b_->wireguard->rejected_sources(b_->name);
    EXPECT_GT(first, 300U);
    EXPECT_LE(first, sent); // a lower bound, never more than there were
    ASSERT_TRUE(poll_until([&] {
        send_through_a("100.64.0.9", "100.64.0.2");
        return *b_->wireguard->rejected_sources(b_->name) > first;
    }));
    EXPECT_TRUE(b_->wireguard->read(b_->name).ok());
}

TEST_P(Userspace, starts_a_process_that_died_again) {
    const std::string name = ensure("a");
    const pid_t first = listener_of(name);
    ASSERT_EQ(::kill(first, SIGKILL), 0);
    ASSERT_TRUE(poll_until([&] { return !links_->find(name)->has_value(); }));
    EXPECT_FALSE(wireguard_->read(name).ok());
    const auto made = wireguard_->ensure_device(name, kAlias);
    ASSERT_TRUE(made.ok()) << made.error().message();
    EXPECT_TRUE(*made);
    EXPECT_NE(listener_of(name), first);
    EXPECT_TRUE(wireguard_->read(name).ok());
    EXPECT_EQ(wireguard_->rejected_sources(name).value(), 0U);
}

TEST_P(Userspace, starts_again_right_after_the_process_was_killed) {
    const std::string name = ensure("a");
    ASSERT_EQ(::kill(listener_of(name), SIGKILL), 0); // link and socket are still on their way out
    const auto made = wireguard_->ensure_device(name, kAlias);
    ASSERT_TRUE(made.ok()) << made.error().message();
    EXPECT_TRUE(wireguard_->read(name).ok());
}

TEST_P(Userspace, replaces_a_process_whose_link_was_deleted_by_hand) {
    const std::string name = ensure("a");
    ASSERT_TRUE(links_->remove(links_->find(name).value()->index).ok());
    const auto made = wireguard_->ensure_device(name, kAlias);
    ASSERT_TRUE(made.ok()) << made.error().message();
    EXPECT_TRUE(*made);
    EXPECT_TRUE(links_->find(name)->has_value());
}

TEST_P(Userspace, replaces_a_process_whose_socket_was_removed_by_hand) {
    const std::string name = ensure("a");
    ASSERT_EQ(::unlink(uapi_socket_path(name).c_str()), 0);
    const auto made = wireguard_->ensure_device(name, kAlias);
    ASSERT_TRUE(made.ok()) << made.error().message();
    EXPECT_TRUE(wireguard_->read(name).ok());
}

TEST_P(Userspace, tells_a_process_that_hangs_and_still_removes_it) {
    const std::string name = ensure("a");
    stop(listener_of(name));
    const auto hung = wireguard_->read(name);
    ASSERT_FALSE(hung.ok());
    EXPECT_EQ(hung.error().code(), ErrorCode::kUnavailable);
    EXPECT_THAT(hung.error().message(), HasSubstr("does not answer"));
    const Status removed = wireguard_->remove_device(name);
    EXPECT_TRUE(removed.ok()) << removed.error().message();
    EXPECT_FALSE(links_->find(name)->has_value());
    struct stat info {};
    EXPECT_NE(::stat(uapi_socket_path(name).c_str(), &info), 0);
}

TEST_P(Userspace, removes_after_a_restart_of_the_agent_and_only_its_own) {
    const std::string a = ensure("a");
    const std::string b = ensure("b");
    restart_agent();
    ASSERT_TRUE(wireguard_->remove_device(a).ok());
    EXPECT_FALSE(links_->find(a)->has_value());
    EXPECT_TRUE(links_->find(b)->has_value());
    EXPECT_TRUE(wireguard_->read(b).ok());
}

TEST_P(Userspace, refuses_the_name_of_a_device_in_another_namespace) {
    const std::string name = ensure("a");
    const test::OwnNetns elsewhere;
    const auto other_links = open_links().value();
    const auto other = make_backend(*other_links);
    const auto made = other->ensure_device(name, kAlias);
    ASSERT_FALSE(made.ok());
    EXPECT_EQ(made.error().code(), ErrorCode::kExists);
    EXPECT_THAT(made.error().message(), HasSubstr("another network namespace"));
    EXPECT_FALSE(other->remove_device(name).ok());
    EXPECT_TRUE(wireguard_->read(name).ok());
}

TEST_P(Userspace, leaves_a_link_of_another_kind_alone) {
    const std::string name = device_name("a");
    ASSERT_TRUE(links_->create_veth({name, "wt-peer", "", {}, 1500, std::nullopt}).ok());
    const auto made = wireguard_->ensure_device(name, kAlias);
    ASSERT_FALSE(made.ok());
    EXPECT_EQ(made.error().code(), ErrorCode::kExists);
    EXPECT_THAT(made.error().message(), HasSubstr("veth"));
    EXPECT_TRUE(wireguard_->remove_device(name).ok());
    EXPECT_TRUE(links_->find(name)->has_value());
}

TEST_P(Userspace, a_stale_record_never_leads_to_another_process) {
    const std::string name = device_name("a");
    std::ofstream(run_dir_ + "/" + name + ".wireguard-go")
        << "pid=" << ::getpid() << "\nstart_ticks=1\nlog_offset_bytes=0\nrejected_sources=7\n";
    EXPECT_TRUE(wireguard_->remove_device(name).ok()); // we are still here
    std::ofstream(run_dir_ + "/" + name + ".wireguard-go") << "pid=x\ngarbage";
    EXPECT_TRUE(wireguard_->remove_device(name).ok());
}

INSTANTIATE_TEST_SUITE_P(WireGuard, Userspace, testing::ValuesIn(test::userspace_if_chosen()),
                         [](const auto &row) { return std::string(row.param); });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Userspace);

TEST(WireguardGo, a_missing_program_says_what_to_install) {
    const auto missing = find_wireguard_go("/nonexistent:relative");
    ASSERT_FALSE(missing.ok());
    EXPECT_EQ(missing.error().code(), ErrorCode::kNotFound);
    EXPECT_THAT(missing.error().message(), HasSubstr("apt-get install wireguard-go"));
}

} // namespace
} // namespace coax
