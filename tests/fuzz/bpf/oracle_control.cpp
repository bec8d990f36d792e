// SPDX-License-Identifier: Apache-2.0
// tc_lane: messages between nodes (coax/abi/control.h). An echo goes back as long as it came, mail
// goes to user space, and nothing else happens.
#include <algorithm>

#include "fuzz/bpf/oracle.h"

namespace coax::fuzz {

namespace {

// Offsets from the IPv4 header.
constexpr std::size_t kUdpHeader = 20;
constexpr std::size_t kMessage = 28;
constexpr std::size_t kType = kMessage + 5;
constexpr std::size_t kFlags = kMessage + 6;
constexpr std::size_t kSequence = kMessage + 8;
constexpr std::size_t kStamp = kMessage + 16;

std::uint64_t raw64(View bytes, std::size_t at) {
    return static_cast<std::uint64_t>(raw32(bytes, at)) |
           static_cast<std::uint64_t>(raw32(bytes, at + 4)) << 32U;
}

std::uint64_t be64(View bytes, std::size_t at) {
    return static_cast<std::uint64_t>(be32(bytes, at)) << 32U | be32(bytes, at + 4);
}

bool is_stale(const Judged &j, View ip) {
    const auto probe = j.tables.probes.find(j.tables.first(raw32(ip, 12)));
    return probe == j.tables.probes.end() || probe->second.sequence == 0 ||
           probe->second.sequence != be64(ip, kSequence) ||
           probe->second.sent_ns != raw64(ip, kStamp);
}

/// coax/abi/control.h: what the flags of each type may be.
bool flags_are_known(View ip) {
    const std::uint32_t flags = be16(ip, kFlags);
    if (flags == 0)
        return true;
    if (ip[kType] == COAX_CONTROL_ECHO_REQUEST)
        return flags == COAX_CONTROL_PATH;
    return ip[kType] == COAX_CONTROL_ECHO_REPLY && flags >= COAX_CONTROL_PATH &&
           flags <= (COAX_CONTROL_PATH | COAX_PATH_FROM_SECOND | COAX_PATH_TO_SECOND);
}

void form_reasons(const Judged &j, View ip, Reasons &reasons) {
    if (be32(ip, kMessage) != COAX_CONTROL_MAGIC || ip[kMessage + 4] != COAX_CONTROL_VERSION ||
        !flags_are_known(ip) || ip[kType] < COAX_CONTROL_ECHO_REQUEST ||
        ip[kType] > COAX_CONTROL_MAIL)
        reasons.must.insert(COAX_DROP_CONTROL_UNKNOWN);
    const std::size_t rest = ip.size() - COAX_CONTROL_BYTES;
    if (ip[kType] == COAX_CONTROL_MAIL && (rest == 0 || rest > COAX_MAIL_BYTES_MAX))
        reasons.must.insert(COAX_DROP_MALFORMED);
    if (ip[kType] == COAX_CONTROL_ECHO_REPLY && is_stale(j, ip))
        reasons.must.insert(COAX_DROP_ECHO_STALE);
}

Reasons control_reasons(const Judged &j, View ip) {
    Reasons reasons;
    if (j.tables.settings.lanes == 0)
        reasons.must.insert(COAX_DROP_NO_SETTINGS);
    if (ip.size() < COAX_CONTROL_BYTES || be16(ip, 2) != ip.size() ||
        be16(ip, kUdpHeader + 4) != ip.size() - kUdpHeader || j.input.context.gso_size != 0)
        reasons.must.insert(COAX_DROP_MALFORMED);
    if (j.tables.first(raw32(ip, 16)) != j.tables.settings.self_vtep_be)
        reasons.must.insert(COAX_DROP_NOT_FOR_US);
    const std::uint32_t source_be = j.tables.first(raw32(ip, 12));
    if (!j.tables.nodes.contains(source_be) || !j.tables.controls.contains(source_be))
        reasons.must.insert(COAX_DROP_UNKNOWN_VTEP);
    if (ip.size() >= COAX_CONTROL_BYTES)
        form_reasons(j, ip, reasons);
    return reasons;
}

/// The request with sender and receiver exchanged and its type changed, in headers of our own.
void judge_answer(const Judged &j, View ip, Complaints &complaints) {
    const Bytes &found = j.seen.run.packet;
    if (found.size() != j.input.frame.size()) {
        complaints.add("an answer has the length of the request");
        return;
    }
    const View out = View(found).subspan(kEthernetBytes);
    const auto want = [&](bool good, const char *text) {
        complaints.check(good, std::string("answer: ") + text);
    };
    want(std::equal(found.begin(), found.begin() + kEthernetBytes, j.input.frame.begin()),
         "what is in front of IP stays");
    want(out[0] == 0x45 && out[1] == 0 && be16(out, 2) == out.size() && be32(out, 4) == 0x4000 &&
             out[8] == 64 && out[9] == kUdp,
         "IPv4 header: no options, no DSCP nor ECN, id 0, DF, TTL 64, UDP");
    want(test::internet_checksum(out.first(kUdpHeader)) == 0, "header checksum");
    want(raw32(out, 12) == raw32(ip, 16) && raw32(out, 16) == raw32(ip, 12), "addresses exchanged");
    want(be16(out, kUdpHeader) == COAX_CONTROL_PORT &&
             raw16(out, kUdpHeader + 2) == raw16(ip, kUdpHeader) &&
             be16(out, kUdpHeader + 4) == out.size() - kUdpHeader && be16(out, kUdpHeader + 6) == 0,
         "UDP ports exchanged, length right, no checksum");
    want(out[kType] == COAX_CONTROL_ECHO_REPLY, "type");
    const auto path = j.tables.paths.find(j.tables.first(raw32(ip, 12)));
    const std::uint32_t flags = path == j.tables.paths.end() ? 0 : path->second.flags;
    want(be16(out, kFlags) == (be16(ip, kFlags) == 0 ? 0 : COAX_CONTROL_PATH | flags),
         "the path, to whom asks for it");
    want(std::equal(ip.begin() + kMessage, ip.begin() + kType, out.begin() + kMessage) &&
             std::equal(ip.begin() + kSequence, ip.end(), out.begin() + kSequence),
         "all behind the headers but type and flags as it was");
}

void judge_mail(const Judged &j, View ip, Complaints &complaints) {
    const View text = ip.subspan(COAX_CONTROL_BYTES);
    if (j.seen.mail.size() != 1) {
        complaints.add("one message is one record");
        return;
    }
    const coax_mail_record &record = j.seen.mail.front();
    complaints.check(record.node_id == j.tables.nodes.at(j.tables.first(raw32(ip, 12))).node_id,
                     "mail names its sender");
    complaints.check(record.bytes_count == text.size() &&
                         std::equal(text.begin(), text.end(), std::begin(record.bytes)),
                     "mail changed on the way");
}

/// The report of the sender's path: as it was, or what this reply told.
void judge_report(const Judged &j, View ip, bool accepted, Complaints &complaints) {
    const std::uint32_t sender = j.tables.first(raw32(ip, 12));
    complaints.check(j.seen.report.has_value() == j.tables.reports.contains(sender),
                     "a control message made or removed a report");
    if (!j.seen.report)
        return;
    coax_path_report expected = kNoReport;
    if (accepted && ip[kType] == COAX_CONTROL_ECHO_REPLY && be16(ip, kFlags) != 0)
        expected = {.sent_ns = j.tables.probes.at(sender).sent_ns,
                    .flags = be16(ip, kFlags) & ~static_cast<std::uint32_t>(COAX_CONTROL_PATH),
                    .pad = 0};
    complaints.check(same_report(*j.seen.report, expected), "the report of the sender's path");
}

} // namespace

bool same_report(const coax_path_report &a, const coax_path_report &b) {
    return a.sent_ns == b.sent_ns && a.flags == b.flags;
}

bool is_control(const Case &input) {
    if (input.frame.size() < kEthernetBytes + kMessage)
        return false;
    const View ip = View(input.frame).subspan(kEthernetBytes);
    return ip[0] == 0x45 && ip[9] == kUdp && (be16(ip, 6) & 0x3fffU) == 0 &&
           be16(ip, kUdpHeader + 2) == COAX_CONTROL_PORT;
}

void judge_control(const Judged &j, Complaints &complaints) {
    const View ip = View(j.input.frame).subspan(kEthernetBytes);
    complaints.check(j.seen.sent.empty(), "a control message was copied to a device");
    const auto key = learn_key(j.input);
    if (key)
        complaints.check(j.seen.learned_entry.has_value() ==
                             (j.tables.find(key->first, key->second) != nullptr),
                         "a control message taught the FDB something");
    if (judge_drop(j, control_reasons(j, ip), complaints) != COAX_DROP_NONE) {
        complaints.check(j.seen.mail.empty(), "a dropped message reached user space");
        judge_report(j, ip, false, complaints);
        expect_counters(j, {}, complaints);
        return;
    }
    if (ip.size() < COAX_CONTROL_BYTES)
        return; // judge_drop has complained
    const std::uint8_t type = ip[kType];
    judge_report(j, ip, true, complaints);
    if (type == COAX_CONTROL_ECHO_REQUEST)
        judge_answer(j, ip, complaints);
    if (type == COAX_CONTROL_MAIL)
        judge_mail(j, ip, complaints);
    else
        complaints.check(j.seen.mail.empty(), "an echo reached user space");
    expect_verdict(j, type == COAX_CONTROL_ECHO_REQUEST ? kRedirect : kStolen, complaints);
    const coax_counter counter = type == COAX_CONTROL_ECHO_REQUEST ? COAX_COUNTER_ECHO_ANSWERED
                                 : type == COAX_CONTROL_ECHO_REPLY ? COAX_COUNTER_ECHO_RETURNED
                                                                   : COAX_COUNTER_MAIL_RECEIVED;
    expect_counters(j, {{counter, 1}}, complaints);
}

} // namespace coax::fuzz
