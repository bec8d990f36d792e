// SPDX-License-Identifier: Apache-2.0
// Liveness and mail over fakes of the data path and of the tunnels.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include <endian.h>

#include <asio/io_context.hpp>

#include "agent/liveness/prober.h"
#include "agent/mail/mailbox.h"
#include "harness/fake_tunnel_sender.h"
#include "unit/agent/world.h"

namespace coax {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

coax_control header_of(const test::FakeTunnelSender::Datagram &datagram) {
    coax_control control{};
    std::memcpy(&control, datagram.payload.data(), sizeof(control));
    return control;
}

class ProberTest : public testing::Test {
  protected:
    void ticks(seconds time) {
        for (auto end = clock().monotonic_now() + time; clock().monotonic_now() < end;) {
            clock().advance(milliseconds(500));
            prober_.tick(world_.state, {.first = {IfIndex(7)}});
        }
    }
    FakeClock &clock() { return world_.clock; }
    Presence presence(std::uint32_t id) { return prober_.liveness().of(NodeId(id)).presence; }
    std::size_t logged(std::string_view event) {
        return static_cast<std::size_t>(std::ranges::count_if(
            world_.log, [&](const std::string &line) { return line.find(event) != line.npos; }));
    }

    test::World world_;
    test::FakeTunnelSender sender_;
    Prober prober_{
        {world_.datapath, sender_, world_.clock,
         Log::to_sink(LogLevel::kDebug,
                      [this](LogLevel, std::string_view line) { world_.log.emplace_back(line); }),
         1}};
};

TEST_F(ProberTest, asks_every_other_node_through_its_tunnel) {
    ticks(seconds(2));
    ASSERT_GE(sender_.sent.size(), 2U);
    const auto &datagram = sender_.sent.front();
    EXPECT_EQ(datagram.path.lane, IfIndex(7));
    EXPECT_EQ(datagram.path.from_vtep, world_.state.vtep_of(NodeId(1)));
    const coax_control request = header_of(datagram);
    EXPECT_EQ(be32toh(request.magic_be), static_cast<std::uint32_t>(COAX_CONTROL_MAGIC));
    EXPECT_EQ(request.version, COAX_CONTROL_VERSION);
    EXPECT_EQ(request.type, COAX_CONTROL_ECHO_REQUEST);
    for (const auto &sent : sender_.sent)
        EXPECT_NE(sent.path.to_vtep, world_.state.vtep_of(NodeId(1)));
}

TEST_F(ProberTest, tells_the_data_path_which_answer_to_expect) {
    ticks(seconds(1));
    ticks(seconds(1));
    const auto &last = sender_.sent.back();
    const coax_probe expected = world_.datapath.probes.at(last.path.to_vtep.v4_be());
    EXPECT_EQ(be64toh(header_of(last).sequence), expected.sequence);
    EXPECT_EQ(header_of(last).stamp, expected.sent_ns);
}

TEST_F(ProberTest, logs_a_death_and_a_return_once) {
    ticks(seconds(60));
    EXPECT_EQ(presence(2), Presence::kDead);
    EXPECT_EQ(logged("peer.dead"), 2U) << "beta and gamma";
    world_.datapath.contact_values[world_.state.vtep_of(NodeId(2)).v4_be()].last_rx_ns =
        world_.now_ns();
    ticks(seconds(2));
    EXPECT_EQ(presence(2), Presence::kAlive);
    EXPECT_EQ(logged("peer.back"), 1U);
}

TEST_F(ProberTest, declares_nobody_dead_while_it_cannot_send) {
    sender_.faults.fail_on("send", Error(ErrorCode::kNotFound, "no such interface"));
    ticks(seconds(60));
    EXPECT_EQ(presence(2), Presence::kUnknown);
    EXPECT_EQ(logged("peer.probes_failing"), 1U);
    sender_.faults.clear();
    ticks(seconds(60));
    EXPECT_EQ(presence(2), Presence::kDead);
}

TEST_F(ProberTest, declares_nobody_dead_while_the_lane_is_missing) {
    for (int i = 0; i < 120; ++i) {
        clock().advance(milliseconds(500));
        prober_.tick(world_.state, {.first = {IfIndex()}});
    }
    EXPECT_EQ(presence(2), Presence::kUnknown);
    EXPECT_TRUE(sender_.sent.empty());
}

TEST_F(ProberTest, declares_nobody_dead_while_the_maps_cannot_be_read) {
    world_.datapath.faults.fail_on("contacts", Error(ErrorCode::kSystem, "broken"));
    ticks(seconds(60));
    EXPECT_EQ(presence(2), Presence::kUnknown);
    EXPECT_EQ(logged("peer.probes_failing"), 1U);
}

TEST_F(ProberTest, asks_for_paths_whom_it_is_told_to_and_nobody_else) {
    prober_.ask_paths({NodeId(2)});
    ticks(seconds(1));
    std::set<std::string> asked;
    for (const auto &sent : sender_.sent)
        if (header_of(sent).flags_be == htobe16(COAX_CONTROL_PATH))
            asked.insert(sent.path.to_vtep.to_string());
    EXPECT_EQ(asked, std::set<std::string>{"100.64.0.2"});
    EXPECT_EQ(prober_.path_report(NodeId(2)).asked_ns, 0U) << "no answer yet";

    NodeContact &contact = world_.datapath.contact_values[world_.state.vtep_of(NodeId(2)).v4_be()];
    contact.path_asked_ns = world_.now_ns();
    contact.path = COAX_PATH_TO_SECOND;
    ticks(seconds(1));
    const PathReport report = prober_.path_report(NodeId(2));
    EXPECT_EQ(report.asked_ns, contact.path_asked_ns);
    EXPECT_EQ(report.path, (Path{KeySet::kFirst, KeySet::kSecond}));
    EXPECT_EQ(prober_.path_report(NodeId(3)).asked_ns, 0U);

    prober_.ask_paths({});
    ticks(seconds(1));
    EXPECT_EQ(prober_.path_report(NodeId(2)).asked_ns, contact.path_asked_ns) << "it stays said";
    prober_.forget_paths();
    EXPECT_EQ(prober_.path_report(NodeId(2)).asked_ns, 0U);
}

TEST_F(ProberTest, sends_by_the_path_that_the_data_path_takes) {
    PathTable paths;
    const Tunnels tunnels{.first = {IfIndex(7)}, .second = {IfIndex(8)}, .paths = &paths};
    paths[world_.state.vtep_of(NodeId(2)).v4_be()] =
        Path{KeySet::kSecond, KeySet::kSecond}.to_abi();
    const Peer &beta = world_.state.peers.at(NodeId(2));
    const TunnelPath moved = tunnels.way_to(world_.state, beta, 0);
    EXPECT_EQ(moved.lane, IfIndex(8));
    EXPECT_EQ(moved.from_vtep.to_string(), "100.96.0.1");
    EXPECT_EQ(moved.to_vtep.to_string(), "100.96.0.2");
    const Peer &gamma = world_.state.peers.at(NodeId(3));
    EXPECT_EQ(tunnels.way_to(world_.state, gamma, 0).lane, IfIndex(7));
}

class MailboxTest : public testing::Test {
  protected:
    MailboxTest() {
        EXPECT_TRUE(mailbox_.open().ok());
        mailbox_.listen([this](NodeId from, Mail::Text text) {
            received_.emplace_back(
                from, std::string(reinterpret_cast<const char *>(text.data()), text.size()));
        });
    }
    static Mail::Text text(std::string_view words) { return std::as_bytes(std::span(words)); }
    void arrive(std::uint32_t from, std::string_view words) {
        coax_mail_record record{};
        record.node_id = from;
        record.bytes_count = static_cast<std::uint32_t>(words.size());
        std::ranges::copy(words, record.bytes);
        world_.datapath.mail.push_back(record);
    }

    test::World world_;
    test::FakeTunnelSender sender_;
    asio::io_context loop_;
    std::vector<IfIndex> lanes_{IfIndex(7)};
    Mailbox mailbox_{loop_,
                     {world_.datapath, sender_,
                      [this] {
                          return Mailbox::Way{world_.state, {.first = lanes_}};
                      },
                      Log::to_sink(LogLevel::kDebug, [](LogLevel, std::string_view) {})}};
    std::vector<std::pair<NodeId, std::string>> received_;
};

TEST_F(MailboxTest, hands_over_what_came_with_its_sender) {
    arrive(2, "one");
    arrive(3, "two");
    loop_.run_one();
    const std::vector<std::pair<NodeId, std::string>> expected{{NodeId(2), "one"},
                                                               {NodeId(3), "two"}};
    EXPECT_EQ(received_, expected);
}

TEST_F(MailboxTest, sends_behind_the_header_of_mail) {
    ASSERT_TRUE(mailbox_.send(NodeId(2), text("hello")).ok());
    ASSERT_EQ(sender_.sent.size(), 1U);
    const auto &datagram = sender_.sent.front();
    EXPECT_EQ(datagram.path.to_vtep, world_.state.vtep_of(NodeId(2)));
    EXPECT_EQ(header_of(datagram).type, COAX_CONTROL_MAIL);
    EXPECT_EQ(datagram.payload.size(), sizeof(coax_control) + 5);
}

TEST_F(MailboxTest, refuses_what_cannot_be_sent) {
    EXPECT_EQ(mailbox_.send(NodeId(9), text("x")).error().code(), ErrorCode::kNotFound);
    EXPECT_EQ(mailbox_.send(NodeId(1), text("x")).error().code(), ErrorCode::kNotFound);
    EXPECT_EQ(mailbox_.send(NodeId(2), {}).error().code(), ErrorCode::kInvalid);
    const std::string long_text(Mail::kBytesMax + 1, 'x');
    EXPECT_EQ(mailbox_.send(NodeId(2), text(long_text)).error().code(), ErrorCode::kInvalid);
    lanes_ = {IfIndex()};
    EXPECT_EQ(mailbox_.send(NodeId(2), text("x")).error().code(), ErrorCode::kNotFound);
    EXPECT_TRUE(sender_.sent.empty());
}

} // namespace
} // namespace coax
