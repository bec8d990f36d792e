// SPDX-License-Identifier: Apache-2.0
// tc_port: MSS clamping, and the answer to frames that do not fit.
#include "bpf/tc_port_test.h"
#include "harness/kernel_clock.h"

namespace coax::test {
namespace {

constexpr std::size_t kIcmpQuoteBytes = 68;
constexpr std::size_t kIcmpv6QuoteBytes = 512;

std::uint16_t clamped(const Family &f) {
    return static_cast<std::uint16_t>(kMtu - (f.v6 ? 60 : 40));
}

struct MssRow {
    std::string name;
    Tcp sent;
    std::function<Tcp(const Family &)> carried; // empty: as it was sent
};
std::ostream &operator<<(std::ostream &out, const MssRow &row) {
    return out << row.name;
}

Tcp with_options(const Bytes &options, std::uint8_t flags = kTcpSyn) {
    return {.flags = flags, .options = options};
}
Bytes mss_option(std::uint16_t value) {
    return {2, 4, static_cast<std::uint8_t>(value >> 8U), static_cast<std::uint8_t>(value)};
}
Bytes join(Bytes a, const Bytes &b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

std::vector<MssRow> mss_rows() {
    const Bytes sack_and_nops = {4, 2, 1, 1};
    const Bytes padding = {1, 1, 1, 1};
    const auto becomes = [](const Tcp &sent) {
        return [sent](const Family &f) {
            Tcp tcp = sent;
            tcp.mss = clamped(f);
            return tcp;
        };
    };
    const auto behind = [](const Bytes &before, const Bytes &after) {
        return [=](const Family &f) {
            return with_options(join(join(before, mss_option(clamped(f))), after));
        };
    };
    const Bytes twelfth = join(mss_option(1460), {0});
    const Bytes timestamps = {8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1};
    return {
        {"lowers_a_large_mss", {.flags = kTcpSyn, .mss = 1460}, becomes({.flags = kTcpSyn})},
        {"lowers_the_largest_mss", {.flags = kTcpSyn, .mss = 65535}, becomes({.flags = kTcpSyn})},
        {"lowers_the_mss_of_the_answer",
         {.flags = kTcpSyn | kTcpAck, .mss = 8960},
         becomes({.flags = kTcpSyn | kTcpAck})},
        {"keeps_a_small_mss", {.flags = kTcpSyn, .mss = 536}, {}},
        {"keeps_a_syn_without_options", {.flags = kTcpSyn}, {}},
        {"keeps_a_syn_without_mss", with_options(timestamps), {}},
        {"keeps_the_option_outside_a_syn", {.flags = kTcpAck, .mss = 1460}, {}},
        {"finds_the_option_behind_others", with_options(join(sack_and_nops, mss_option(1460))),
         behind(sack_and_nops, {})},
        {"finds_the_option_behind_timestamps",
         with_options(join(join(timestamps, mss_option(1460)), padding)),
         behind(timestamps, padding)},
        {"finds_the_option_as_the_twelfth", with_options(join(Bytes(11, 1), twelfth)),
         [=](const Family &f) {
             return with_options(join(join(Bytes(11, 1), mss_option(clamped(f))), {0}));
         }},
        {"does_not_look_beyond_the_twelfth",
         with_options(join(Bytes(36, 1), mss_option(1460))),
         {}},
        {"keeps_an_option_behind_the_end_of_the_list",
         with_options(join({0, 0, 0, 0}, mss_option(1460))),
         {}},
        {"keeps_an_option_of_wrong_length", with_options({2, 3, 0xff, 0xff}), {}},
        {"stops_at_an_option_of_length_zero",
         with_options(join({8, 0, 1, 1}, mss_option(1460))),
         {}},
        {"stops_at_an_option_that_leaves_the_header",
         with_options({8, 60, 2, 4, 255, 255, 0, 0}),
         {}},
        {"keeps_an_option_cut_by_the_header", with_options({1, 1, 2, 4}), {}},
    };
}

class TcPortMss : public TcPortTest, public testing::WithParamInterface<MssRow> {};

TEST_P(TcPortMss, row) {
    const MssRow &row = GetParam();
    for (const Family &f : {Family{"v4", false}, Family{"v6", true}}) {
        SCOPED_TRACE(f.suffix);
        Expect expect = {.verdict = kRedirect, .counters = {{COAX_COUNTER_ENCAP, 1}}};
        if (row.carried)
            expect.counters[COAX_COUNTER_MSS_CLAMPED] = 1;
        const Tcp carried = row.carried ? row.carried(f) : row.sent;
        expect_encapsulated(to_remote(ip_to_remote(f) / row.sent / Payload("data")), expect,
                            to_remote(ip_to_remote(f) / carried / Payload("data")));
    }
}

INSTANTIATE_TEST_SUITE_P(Options, TcPortMss, testing::ValuesIn(mss_rows()), RowName());

class TcPortTooBig : public TcPortTest {
  protected:
    /// The answer a router with the network's MTU would give to this frame.
    static Packet answer(const Family &f, const Packet &frame, std::uint32_t mtu = kMtu) {
        const Bytes bytes = frame.bytes();
        const std::size_t quoted = 14 + (f.v6 ? kIcmpv6QuoteBytes : kIcmpQuoteBytes);
        const Payload quote(Bytes(bytes.begin() + 14, bytes.begin() + static_cast<long>(quoted)));
        const Ethernet back{.dst = kPortMac, .src = kRemoteMac};
        if (f.v6)
            return back / Ipv6{.src = kRemoteIp6, .dst = kPortIp6} /
                   Icmpv6{.type = 2, .rest = mtu} / quote;
        return back / Ipv4{.src = kRemoteIp, .dst = kPortIp} /
               Icmp{.type = 3, .code = 4, .rest = mtu} / quote;
    }
    static Packet too_big(const Family &f, std::size_t bytes = kMtu + 1) {
        return to_remote(ip_to_remote(f) / Udp{} / Payload::pattern(bytes - (f.v6 ? 48 : 28)));
    }
    /// A drop that was answered.
    static Expect answered(const Packet &with) {
        return {.verdict = kRedirect,
                .packet = with,
                .drop = COAX_DROP_TOO_BIG,
                .counters = {{COAX_COUNTER_TOO_BIG_SENT, 1}}};
    }
};

TEST_F(TcPortTooBig, answers_as_a_router_would) {
    for (const Family &f : {Family{"v4", false}, Family{"v6", true}}) {
        SCOPED_TRACE(f.suffix);
        const Packet frame = too_big(f);
        run_row({"", frame, answered(answer(f, frame))});
        const Packet longer = too_big(f, 1499);
        run_row({"", longer, answered(answer(f, longer))});
    }
}

TEST_F(TcPortTooBig, answers_super_packets_whose_segments_do_not_fit) {
    for (const Family &f : {Family{"v4", false}, Family{"v6", true}}) {
        SCOPED_TRACE(f.suffix);
        const Packet frame = to_remote(ip_to_remote(f) / Tcp{} / Payload::pattern(2700));
        const auto size = static_cast<std::uint32_t>(clamped(f) + 1);
        run_row({"", frame, answered(answer(f, frame)), {.gso_size = size, .gso_segs = 3}});
    }
}

TEST_F(TcPortTooBig, quotes_headers_with_options) {
    const Packet frame = to_remote(Ipv4{.src = kPortIp, .dst = kRemoteIp, .options = Bytes(40, 1)} /
                                   Tcp{} / Payload::pattern(1350));
    run_row({"", frame, answered(answer({"v4", false}, frame))});
}

TEST_F(TcPortTooBig, does_not_answer_non_ip_frames) {
    run_row({"", to_remote(Payload::pattern(kMtu + 1)), dropped(COAX_DROP_TOO_BIG)});
}

TEST_F(TcPortTooBig, does_not_answer_multicast) {
    run_row({"", frame_to(kBroadcast, Ipv4{.src = kPortIp} / Udp{} / Payload::pattern(kMtu)),
             dropped(COAX_DROP_TOO_BIG)});
}

TEST_F(TcPortTooBig, does_not_answer_later_fragments_and_icmp_errors) {
    run_row({"",
             to_remote(Ipv4{.src = kPortIp, .frag = 9, .protocol = 17} / Payload::pattern(1400)),
             dropped(COAX_DROP_TOO_BIG)});
    run_row({"",
             to_remote(Ipv4{.src = kPortIp} / Icmp{.type = 3, .code = 1} / Payload::pattern(1400)),
             dropped(COAX_DROP_TOO_BIG)});
    run_row({"", to_remote(Ipv6{.src = kPortIp6} / Icmpv6{.type = 1} / Payload::pattern(1400)),
             dropped(COAX_DROP_TOO_BIG)});
}

TEST_F(TcPortTooBig, does_not_answer_the_first_fragment_of_an_icmp_error) {
    run_row({"",
             to_remote(Ipv4{.src = kPortIp, .frag = 0x2000} / Icmp{.type = 3, .code = 1} /
                       Payload::pattern(1400)),
             dropped(COAX_DROP_TOO_BIG)});
}

TEST_F(TcPortTooBig, does_not_answer_a_redirect) {
    run_row({"", to_remote(Ipv6{.src = kPortIp6} / Icmpv6{.type = 137} / Payload::pattern(1400)),
             dropped(COAX_DROP_TOO_BIG)});
}

TEST_F(TcPortTooBig, does_not_answer_from_or_to_what_is_no_single_host) {
    set_port(kVni, 0); // a port whose source addresses are not guarded
    const Packet rest = Udp{} / Payload::pattern(kMtu);
    for (const char *address :
         {"0.0.0.0", "127.0.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"}) {
        SCOPED_TRACE(address);
        run_row({"", to_remote(Ipv4{.src = address} / rest), dropped(COAX_DROP_TOO_BIG)});
        run_row({"", to_remote(Ipv4{.src = kPortIp, .dst = address} / rest),
                 dropped(COAX_DROP_TOO_BIG)});
    }
    for (const char *address : {"::", "ff02::1"}) {
        SCOPED_TRACE(address);
        run_row({"", to_remote(Ipv6{.src = address} / rest), dropped(COAX_DROP_TOO_BIG)});
    }
}

TEST_F(TcPortTooBig, answers_a_burst_of_100_at_most) {
    const Packet frame = too_big({"v4", false});
    EXPECT_EQ(run(frame).verdict, kRedirect);
    const auto state = program().get<coax_port_state>("coax_port_state", port_.near);
    EXPECT_EQ(state->too_big.tokens, 99U * 1000);
}

TEST_F(TcPortTooBig, stops_answering_a_sender_that_does_not_listen) {
    constexpr int kTriesMax = 10000; // of which one has to take less than 10 ms: the next answer's
    const Packet frame = too_big({"v4", false});
    for (int i = 0; i < kTriesMax; ++i) {
        coax_port_state used_up{};
        used_up.too_big.last_ns = kernel_now_ns(CLOCK_MONOTONIC);
        program().put("coax_port_state", port_.near, used_up);
        const RunResult result = run(frame);
        if (result.verdict == kRedirect)
            continue;
        check(result, frame.bytes(), dropped(COAX_DROP_TOO_BIG));
        return;
    }
    FAIL() << kTriesMax << " answers without a limit";
}

TEST_F(TcPortTooBig, does_not_answer_a_port_without_state) {
    program().remove("coax_port_state", port_.near);
    run_row({"", too_big({"v6", true}), dropped(COAX_DROP_TOO_BIG)});
}

} // namespace
} // namespace coax::test
