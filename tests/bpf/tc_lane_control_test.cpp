// SPDX-License-Identifier: Apache-2.0
// tc_lane: messages between nodes. What is answered, taken, dropped, and how often.
#include <endian.h>

#include <chrono>
#include <cstring>

#include "bpf/tc_lane_test.h"
#include "coax/abi/control.h"
#include "harness/kernel_clock.h"

namespace coax::test {
namespace {

constexpr std::uint16_t kSenderPort = 50001;
constexpr std::uint64_t kSequence = 0x0102030405060708;
constexpr std::uint64_t kStamp = 0x1112131415161718;

coax_control message(std::uint8_t type, std::uint32_t flags = 0) {
    return {.magic_be = htobe32(COAX_CONTROL_MAGIC),
            .version = COAX_CONTROL_VERSION,
            .type = type,
            .flags_be = htobe16(static_cast<std::uint16_t>(flags)),
            .sequence = htobe64(kSequence),
            .stamp = kStamp};
}

Packet body(const coax_control &control, const Packet &rest = Payload()) {
    Bytes bytes(sizeof(control));
    std::memcpy(bytes.data(), &control, sizeof(control));
    return Payload(bytes) / rest;
}

const Ipv4 kIp{.src = kRemoteVtep, .dst = kSelfVtep, .tos = 3, .id = 7, .frag = 0x4000};
const Udp kUdp{.sport = kSenderPort, .dport = COAX_CONTROL_PORT};

/// Behind TEST_RUN's Ethernet header.
Packet arriving(const Packet &packet) {
    return Ethernet{.dst = kZeroMac, .src = kZeroMac} / packet;
}

Packet from_remote(const coax_control &control, const Packet &rest = Payload()) {
    return arriving(kIp / kUdp / body(control, rest));
}

Packet request(const Packet &rest = Payload()) {
    return from_remote(message(COAX_CONTROL_ECHO_REQUEST), rest);
}

/// What must go back for request(rest).
Packet answer(const Packet &rest = Payload()) {
    return arriving(Ipv4{.src = kSelfVtep, .dst = kRemoteVtep, .frag = 0x4000} /
                    Udp{.sport = COAX_CONTROL_PORT, .dport = kSenderPort, .checksum = 0} /
                    body(message(COAX_CONTROL_ECHO_REPLY), rest));
}

Expect answered(const Packet &packet) {
    return {.verdict = kRedirect, .packet = packet, .counters = {{COAX_COUNTER_ECHO_ANSWERED, 1}}};
}

/// Taken out of the stack's hands.
Expect taken(coax_counter counter) {
    return {.verdict = kStolen, .counters = {{counter, 1}}};
}

class TcLaneControl : public TcLaneTest {
  protected:
    void fill() override {
        TcLaneTest::fill();
        program().put_zero_per_cpu<coax_node_stats>("coax_node_stats", remote_);
    }
    [[nodiscard]] coax_node_control state() const {
        return program().get<coax_node_control>("coax_node_control", remote_).value();
    }
    void forget_rates() const { program().put("coax_node_control", remote_, coax_node_control{}); }
    [[nodiscard]] coax_node_stats stats() const {
        coax_node_stats sum{};
        for (const auto &cpu : program().get_per_cpu<coax_node_stats>("coax_node_stats", remote_)) {
            sum.rx_packets += cpu.rx_packets;
            sum.last_rx_ns += cpu.last_rx_ns;
        }
        return sum;
    }
    std::uint32_t remote_ = Ip(kRemoteVtep).v4_be();
};

TEST_F(TcLaneControl, answers_an_echo_request_of_any_length_with_as_many_bytes) {
    for (const std::size_t bytes : {0, 1, 7, 100, 1300}) {
        SCOPED_TRACE(bytes);
        const Payload rest = Payload::pattern(bytes);
        ASSERT_EQ(answer(rest).size(), request(rest).size());
        run_and_check({"", request(rest), answered(answer(rest))});
    }
}

TEST_F(TcLaneControl, answers_a_request_without_a_udp_checksum) {
    Udp udp = kUdp;
    udp.checksum = 0;
    run_and_check(
        {"", arriving(kIp / udp / body(message(COAX_CONTROL_ECHO_REQUEST))), answered(answer())});
}

TEST_F(TcLaneControl, answers_while_the_node_has_no_statistics) {
    program().remove("coax_node_stats", remote_);
    run_and_check({"", request(), answered(answer())});
}

TEST_F(TcLaneControl, notes_when_a_node_was_heard_but_counts_no_frame) {
    const std::uint64_t before = kernel_now_ns(CLOCK_MONOTONIC);
    run_and_check({"", request(), answered(answer())});
    EXPECT_GE(stats().last_rx_ns + 100'000'000U, before); // the clock is coarse
    EXPECT_LE(stats().last_rx_ns, kernel_now_ns(CLOCK_MONOTONIC));
    EXPECT_EQ(stats().rx_packets, 0U);
}

/// As many as a burst and the time that passed allow, and the rest counted.
void expect_bounded(const std::function<RunResult()> &run, std::uint32_t per_second) {
    constexpr int kRuns = 200;
    int dropped = 0;
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < kRuns; ++i) {
        const RunResult result = run();
        if (result.verdict == kShot)
            dropped += static_cast<int>(
                result.drops.contains(drop_index(COAX_HOOK_TC_LANE, COAX_DROP_CONTROL_RATE)));
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    EXPECT_LE(kRuns - dropped, per_second * (1 + took.count()) + 1);
    EXPECT_GE(kRuns - dropped, static_cast<int>(per_second));
}

TEST_F(TcLaneControl, answers_only_so_many_requests_of_one_node) {
    const Bytes packet = request().bytes();
    expect_bounded([&] { return program().run(packet); }, COAX_ECHO_PER_SECOND);
    RunResult last = program().run(packet);
    while (last.verdict != kShot)
        last = program().run(packet);
    check(last, packet, lane_drop(COAX_DROP_CONTROL_RATE));
    Ipv4 other = kIp;
    other.src = kThirdVtep;
    EXPECT_EQ(program()
                  .run(arriving(other / kUdp / body(message(COAX_CONTROL_ECHO_REQUEST))).bytes())
                  .verdict,
              kRedirect)
        << "another node has a rate of its own";
}

/// Both addresses of both nodes, and requests that ask for the path.
class TcLaneControlPath : public TcLaneControl {
  protected:
    void fill() override {
        TcLaneControl::fill();
        program().put("coax_second", 0U, world_second());
    }
    static Packet message_of(const char *src, const char *dst, const coax_control &control) {
        Ipv4 ip = kIp;
        ip.src = src;
        ip.dst = dst;
        return arriving(ip / kUdp / body(control));
    }
    static Packet answer_of(const char *src, const char *dst, std::uint32_t flags) {
        return arriving(Ipv4{.src = src, .dst = dst, .frag = 0x4000} /
                        Udp{.sport = COAX_CONTROL_PORT, .dport = kSenderPort, .checksum = 0} /
                        body(message(COAX_CONTROL_ECHO_REPLY, flags)));
    }
    void set_path(std::uint32_t flags) const {
        program().put("coax_paths", remote_, coax_path{.flags = flags});
    }
};

constexpr std::uint32_t kBoth = COAX_PATH_FROM_SECOND | COAX_PATH_TO_SECOND;

TEST_F(TcLaneControlPath, is_told_to_whom_asks) {
    const Packet asks = from_remote(message(COAX_CONTROL_ECHO_REQUEST, COAX_CONTROL_PATH));
    run_and_check({"", asks, answered(answer_of(kSelfVtep, kRemoteVtep, COAX_CONTROL_PATH))});
    for (const std::uint32_t flags : {0U, 1U, 2U, 3U}) {
        SCOPED_TRACE(flags);
        set_path(flags);
        run_and_check(
            {"", asks, answered(answer_of(kSelfVtep, kRemoteVtep, COAX_CONTROL_PATH | flags))});
    }
    set_path(0x7ffc | kBoth); // of those that are flags of a path only
    run_and_check(
        {"", asks, answered(answer_of(kSelfVtep, kRemoteVtep, COAX_CONTROL_PATH | kBoth))});
}

TEST_F(TcLaneControlPath, is_not_told_to_whom_does_not_ask) {
    set_path(kBoth);
    run_and_check({"", request(), answered(answer())});
}

// WireGuard takes from a peer only what its keys may say, so the answer goes between the same two.
TEST_F(TcLaneControlPath, answers_from_the_address_that_was_asked_to_the_one_that_did) {
    set_path(COAX_PATH_TO_SECOND);
    for (const char *src : {kRemoteVtep, kRemoteSecond})
        for (const char *dst : {kSelfVtep, kSelfSecond})
            run_and_check(
                {"", message_of(src, dst, message(COAX_CONTROL_ECHO_REQUEST, COAX_CONTROL_PATH)),
                 answered(answer_of(dst, src, COAX_CONTROL_PATH | COAX_PATH_TO_SECOND))});
    EXPECT_NE(state().echo.last_ns, 0U);
    EXPECT_NE(stats().last_rx_ns, 0U);
}

TEST_F(TcLaneControlPath, gives_both_addresses_of_a_node_one_rate) {
    const coax_control echo = message(COAX_CONTROL_ECHO_REQUEST);
    const Bytes packets[] = {message_of(kRemoteVtep, kSelfVtep, echo).bytes(),
                             message_of(kRemoteSecond, kSelfVtep, echo).bytes()};
    std::size_t next = 0;
    expect_bounded([&] { return program().run(packets[next++ % 2]); }, COAX_ECHO_PER_SECOND);
}

TEST_F(TcLaneControlPath, needs_second_keys_for_second_addresses) {
    program().put("coax_second", 0U, coax_second{});
    const coax_control echo = message(COAX_CONTROL_ECHO_REQUEST);
    run_and_check(
        {"", message_of(kRemoteVtep, kSelfSecond, echo), lane_drop(COAX_DROP_NOT_FOR_US)});
    run_and_check(
        {"", message_of(kRemoteSecond, kSelfVtep, echo), lane_drop(COAX_DROP_UNKNOWN_VTEP)});
}

TEST_F(TcLaneControlPath, takes_no_stranger_for_a_node) {
    const coax_control echo = message(COAX_CONTROL_ECHO_REQUEST);
    for (const char *src : {"100.96.0.99", "100.80.0.2", "10.96.0.2", kSelfSecond})
        run_and_check({"", message_of(src, kSelfVtep, echo), lane_drop(COAX_DROP_UNKNOWN_VTEP)});
    run_and_check(
        {"", message_of(kRemoteVtep, kThirdSecond, echo), lane_drop(COAX_DROP_NOT_FOR_US)});
}

class TcLaneEchoReply : public TcLaneControl {
  protected:
    void fill() override {
        TcLaneControl::fill();
        sent_ = kernel_now_ns(CLOCK_MONOTONIC);
        program().put("coax_probes", remote_, coax_probe{.sequence = kSequence, .sent_ns = sent_});
    }
    [[nodiscard]] coax_control reply() const {
        coax_control control = message(COAX_CONTROL_ECHO_REPLY);
        control.stamp = sent_;
        return control;
    }
    void expect_stale(const coax_control &control) const {
        const coax_node_control before = state();
        run_and_check({"", from_remote(control), lane_drop(COAX_DROP_ECHO_STALE)});
        EXPECT_EQ(state().rtt_ns, before.rtt_ns);
        EXPECT_EQ(state().answered, before.answered);
    }
    std::uint64_t sent_ = 0;
};

TEST_F(TcLaneEchoReply, to_the_last_probe_tells_the_round_trip) {
    run_and_check({"", from_remote(reply()), taken(COAX_COUNTER_ECHO_RETURNED)});
    EXPECT_EQ(state().answered, kSequence);
    EXPECT_GT(state().rtt_ns, 0U);
    EXPECT_LE(state().rtt_ns, kernel_now_ns(CLOCK_MONOTONIC) - sent_);
    EXPECT_NE(stats().last_rx_ns, 0U);
}

TEST_F(TcLaneEchoReply, counts_once) {
    run_and_check({"", from_remote(reply()), taken(COAX_COUNTER_ECHO_RETURNED)});
    expect_stale(reply());
}

TEST_F(TcLaneEchoReply, to_another_probe_is_stale) {
    coax_control earlier = reply();
    earlier.sequence = htobe64(kSequence - 1);
    expect_stale(earlier);
    run_and_check({"", from_remote(reply()), taken(COAX_COUNTER_ECHO_RETURNED)});
}

TEST_F(TcLaneEchoReply, with_another_time_stamp_is_stale) {
    coax_control lie = reply();
    lie.stamp -= 1;
    expect_stale(lie);
}

TEST_F(TcLaneEchoReply, from_the_future_is_stale) {
    const std::uint64_t later = kernel_now_ns(CLOCK_MONOTONIC) + 3'600'000'000'000U;
    program().put("coax_probes", remote_, coax_probe{.sequence = kSequence, .sent_ns = later});
    coax_control control = reply();
    control.stamp = later;
    expect_stale(control);
}

TEST_F(TcLaneEchoReply, to_nothing_that_was_asked_is_stale) {
    program().put("coax_probes", remote_, coax_probe{});
    coax_control nothing = reply();
    nothing.sequence = 0;
    nothing.stamp = 0;
    expect_stale(nothing);
    program().remove("coax_probes", remote_);
    expect_stale(reply());
}

TEST_F(TcLaneEchoReply, of_another_node_says_nothing_of_this_one) {
    Ipv4 other = kIp;
    other.src = kThirdVtep;
    run_and_check({"", arriving(other / kUdp / body(reply())), lane_drop(COAX_DROP_ECHO_STALE)});
    EXPECT_EQ(state().answered, 0U);
}

/// Replies that tell a path.
class TcLanePathReport : public TcLaneEchoReply {
  protected:
    void fill() override {
        TcLaneEchoReply::fill();
        program().put("coax_second", 0U, world_second());
        program().put("coax_path_reports", remote_, coax_path_report{});
    }
    [[nodiscard]] coax_control reply_with(std::uint32_t flags) const {
        coax_control control = reply();
        control.flags_be = htobe16(static_cast<std::uint16_t>(flags));
        return control;
    }
    [[nodiscard]] coax_path_report report() const {
        return program().get<coax_path_report>("coax_path_reports", remote_).value();
    }
    void forget() const {
        program().put("coax_path_reports", remote_, coax_path_report{});
        forget_rates(); // and which probe was answered
    }
};

TEST_F(TcLanePathReport, is_noted_with_the_time_we_asked) {
    for (const char *src : {kRemoteVtep, kRemoteSecond})
        for (const std::uint32_t flags : {0U, 1U, 2U, 3U}) {
            SCOPED_TRACE(flags);
            forget();
            Ipv4 ip = kIp;
            ip.src = src;
            run_and_check({"", arriving(ip / kUdp / body(reply_with(COAX_CONTROL_PATH | flags))),
                           taken(COAX_COUNTER_ECHO_RETURNED)});
            EXPECT_EQ(report().sent_ns, sent_);
            EXPECT_EQ(report().flags, flags);
            EXPECT_EQ(report().pad, 0U);
        }
}

TEST_F(TcLanePathReport, is_left_by_a_reply_that_tells_none) {
    run_and_check({"", from_remote(reply()), taken(COAX_COUNTER_ECHO_RETURNED)});
    EXPECT_EQ(report().sent_ns, 0U);
}

TEST_F(TcLanePathReport, is_left_by_a_stale_reply) {
    coax_control earlier = reply_with(COAX_CONTROL_PATH | COAX_PATH_TO_SECOND);
    earlier.sequence = htobe64(kSequence - 1);
    expect_stale(earlier);
    EXPECT_EQ(report().sent_ns, 0U);
    run_and_check(
        {"", from_remote(reply_with(COAX_CONTROL_PATH)), taken(COAX_COUNTER_ECHO_RETURNED)});
    expect_stale(reply_with(COAX_CONTROL_PATH | COAX_PATH_TO_SECOND)); // the same once more
    EXPECT_EQ(report().flags, 0U);
}

TEST_F(TcLanePathReport, of_a_node_without_an_entry_is_not_noted) {
    program().remove("coax_path_reports", remote_);
    run_and_check(
        {"", from_remote(reply_with(COAX_CONTROL_PATH)), taken(COAX_COUNTER_ECHO_RETURNED)});
    EXPECT_FALSE(program().get<coax_path_report>("coax_path_reports", remote_).has_value());
}

class TcLaneMail : public TcLaneControl {
  protected:
    void fill() override {
        TcLaneControl::fill();
        ring_ = ring_buffer__new(program().map_fd("coax_mail"), keep, &received_, nullptr);
        ASSERT_NE(ring_, nullptr);
    }
    ~TcLaneMail() override { ring_buffer__free(ring_); }

    static int keep(void *list, void *data, std::size_t bytes) {
        EXPECT_EQ(bytes, sizeof(coax_mail_record));
        static_cast<std::vector<coax_mail_record> *>(list)->push_back(
            *static_cast<const coax_mail_record *>(data));
        return 0;
    }
    [[nodiscard]] std::vector<coax_mail_record> received() {
        ring_buffer__consume(ring_);
        return std::exchange(received_, {});
    }
    static Packet mail(const Packet &rest) { return from_remote(message(COAX_CONTROL_MAIL), rest); }

    ring_buffer *ring_ = nullptr;
    std::vector<coax_mail_record> received_;
};

TEST_F(TcLaneMail, reaches_user_space_with_its_sender) {
    for (const std::size_t bytes : {1, 7, 1299, COAX_MAIL_BYTES_MAX}) {
        SCOPED_TRACE(bytes);
        const Payload text = Payload::pattern(bytes);
        run_and_check({"", mail(text), taken(COAX_COUNTER_MAIL_RECEIVED)});
        const auto found = received();
        ASSERT_EQ(found.size(), 1U);
        EXPECT_EQ(found[0].node_id, 2U);
        ASSERT_EQ(found[0].bytes_count, bytes);
        EXPECT_TRUE(std::equal(text.bytes.begin(), text.bytes.end(), found[0].bytes));
    }
}

TEST_F(TcLaneMail, without_text_or_with_too_much_is_malformed) {
    for (const std::size_t bytes : {0, COAX_MAIL_BYTES_MAX + 1, 3000})
        run_and_check({"", mail(Payload::pattern(bytes)), lane_drop(COAX_DROP_MALFORMED)});
    EXPECT_TRUE(received().empty());
}

TEST_F(TcLaneMail, that_nobody_reads_is_dropped_and_later_mail_arrives) {
    const Packet packet = mail(Payload("hello"));
    RunResult result;
    std::size_t kept = 0;
    do {
        forget_rates();
        result = program().run(packet.bytes());
        kept += result.verdict == kStolen ? 1 : 0;
    } while (result.verdict == kStolen && kept < COAX_MAIL_RING_BYTES);
    check(result, packet.bytes(), lane_drop(COAX_DROP_MAIL_FULL));
    EXPECT_EQ(received().size(), kept);
    forget_rates();
    run_and_check({"", packet, taken(COAX_COUNTER_MAIL_RECEIVED)});
    EXPECT_EQ(received().size(), 1U);
}

TEST_F(TcLaneMail, of_one_node_is_limited) {
    const Bytes packet = mail(Payload("hello")).bytes();
    expect_bounded(
        [&] {
            RunResult result = program().run(packet);
            static_cast<void>(received());
            return result;
        },
        COAX_MAIL_PER_SECOND);
}

std::vector<Row> refused_rows() {
    const auto with = [](auto base, auto change) {
        change(base);
        return base;
    };
    const coax_control echo = message(COAX_CONTROL_ECHO_REQUEST);
    const Payload rest = Payload::pattern(40); // 92 bytes of IP
    const auto ip = [&](auto change) {
        return arriving(with(kIp, change) / kUdp / body(echo, rest));
    };
    const auto udp = [&](auto change) {
        return arriving(kIp / with(kUdp, change) / body(echo, rest));
    };
    const auto control = [&](auto change) { return from_remote(with(echo, change)); };
    const auto flagged = [](std::uint8_t type, std::uint32_t flags) {
        return from_remote(message(type, flags), Payload("text"));
    };
    const Expect not_vxlan = lane_drop(COAX_DROP_NOT_VXLAN);
    const Expect short_frame = lane_drop(COAX_DROP_MALFORMED);
    const Expect unknown = lane_drop(COAX_DROP_CONTROL_UNKNOWN);
    return {
        {"tcp", arriving(kIp / Tcp{.dport = COAX_CONTROL_PORT} / Payload::pattern(40)), not_vxlan},
        {"from_the_control_port_to_another",
         arriving(kIp / Udp{.sport = COAX_CONTROL_PORT, .dport = 53} / body(echo, rest)),
         not_vxlan},
        {"first_fragment", ip([](Ipv4 &h) { h.frag = 0x2000; }), not_vxlan},
        {"later_fragment", ip([](Ipv4 &h) { h.frag = 1; }), not_vxlan},
        {"header_with_options",
         arriving(with(kIp, [](Ipv4 &h) { h.options = Bytes(4, 1); }) / kUdp / body(echo, rest)),
         not_vxlan},
        {"total_length_too_long", ip([](Ipv4 &h) { h.total_length = 93; }), short_frame},
        {"total_length_too_short", ip([](Ipv4 &h) { h.total_length = 91; }), short_frame},
        {"udp_length_too_long", udp([](Udp &h) { h.length = 73; }), short_frame},
        {"udp_length_too_short", udp([](Udp &h) { h.length = 71; }), short_frame},
        {"for_another_node", ip([](Ipv4 &h) { h.dst = kThirdVtep; }),
         lane_drop(COAX_DROP_NOT_FOR_US)},
        {"from_an_unknown_node", ip([](Ipv4 &h) { h.src = "100.64.0.99"; }),
         lane_drop(COAX_DROP_UNKNOWN_VTEP)},
        {"from_our_own_address", ip([](Ipv4 &h) { h.src = kSelfVtep; }),
         lane_drop(COAX_DROP_UNKNOWN_VTEP)},
        {"another_magic", control([](coax_control &c) { c.magic_be ^= 1U; }), unknown},
        {"version_0", control([](coax_control &c) { c.version = 0; }), unknown},
        {"later_version", control([](coax_control &c) { ++c.version; }), unknown},
        {"flag", control([](coax_control &c) { c.flags_be = 1; }), unknown},
        {"request_with_a_path", flagged(COAX_CONTROL_ECHO_REQUEST, COAX_CONTROL_PATH | 1), unknown},
        {"request_with_another_flag", flagged(COAX_CONTROL_ECHO_REQUEST, 0x4000), unknown},
        {"request_with_all_flags", flagged(COAX_CONTROL_ECHO_REQUEST, 0xffff), unknown},
        {"reply_with_a_path_it_does_not_tell", flagged(COAX_CONTROL_ECHO_REPLY, 1), unknown},
        {"reply_with_another_path", flagged(COAX_CONTROL_ECHO_REPLY, COAX_CONTROL_PATH | 4),
         unknown},
        {"mail_that_asks_for_the_path", flagged(COAX_CONTROL_MAIL, COAX_CONTROL_PATH), unknown},
        {"mail_with_a_flag", flagged(COAX_CONTROL_MAIL, 1), unknown},
        {"type_0", control([](coax_control &c) { c.type = 0; }), unknown},
        {"type_4", control([](coax_control &c) { c.type = 4; }), unknown},
        {"type_255", control([](coax_control &c) { c.type = 255; }), unknown},
        {"super_packet",
         request(Payload::pattern(200)),
         short_frame,
         {.gso_size = 100, .gso_segs = 2}},
    };
}

class TcLaneControlRefuses : public TcLaneControl, public testing::WithParamInterface<Row> {};
TEST_P(TcLaneControlRefuses, row) {
    run_and_check(GetParam());
    EXPECT_EQ(state().echo.last_ns, 0U) << "a bucket was touched";
}
INSTANTIATE_TEST_SUITE_P(Messages, TcLaneControlRefuses, testing::ValuesIn(refused_rows()),
                         RowName());

TEST_F(TcLaneControl, of_a_node_that_is_being_removed_is_dropped) {
    program().remove("coax_node_control", remote_);
    run_and_check({"", request(), lane_drop(COAX_DROP_UNKNOWN_VTEP)});
    forget_rates();
    program().remove("coax_nodes", remote_);
    run_and_check({"", request(), lane_drop(COAX_DROP_UNKNOWN_VTEP)});
}

TEST_F(TcLaneControl, is_dropped_while_there_are_no_settings) {
    program().put("coax_settings", 0U, coax_settings{});
    run_and_check({"", request(), lane_drop(COAX_DROP_NO_SETTINGS)});
}

TEST_F(TcLaneControl, drops_every_shorter_message) {
    const Bytes whole = request().bytes();
    for (std::size_t length = 14 + 20; length < whole.size(); ++length) {
        SCOPED_TRACE(length);
        const Bytes cut(whole.begin(), whole.begin() + static_cast<long>(length));
        const bool vxlan_fits = length >= 14 + COAX_ENCAP_BYTES;
        const bool to_control_port = length >= 14 + 28;
        check(program().run(cut), cut,
              lane_drop(vxlan_fits || to_control_port ? COAX_DROP_MALFORMED : COAX_DROP_NOT_VXLAN));
    }
    EXPECT_EQ(stats().last_rx_ns, 0U);
}

/// On a real device: the answer leaves where the request came in.
class TcLaneControlWire : public TcLaneControl {
  protected:
    void fill() override {
        TcLaneControl::fill();
        attach_tc_ingress(lane_.near, program().program_fd());
    }
    VethPair lane_ = add_veth("lane");
    VethPair uplink_ = add_veth("uplink");
    PacketSocket peer_{lane_.far};
    PacketSocket underlay_{uplink_.far};
};

TEST_F(TcLaneControlWire, the_answer_leaves_by_the_lane_it_came_from) {
    peer_.send(request(Payload("to and fro")).bytes());
    const auto found = peer_.receive_more();
    ASSERT_TRUE(found.has_value()) << drops_text(program().counts("coax_drops"));
    EXPECT_TRUE(same_bytes(answer(Payload("to and fro")).bytes(), found->frame));
    EXPECT_EQ(found->protocol, kTypeIpv4);
    EXPECT_FALSE(underlay_.receive(std::chrono::milliseconds(0)).has_value());
}

} // namespace
} // namespace coax::test
