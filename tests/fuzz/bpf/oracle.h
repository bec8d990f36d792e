// SPDX-License-Identifier: Apache-2.0
// Decides whether what a program did with a frame was right: from the tables' contracts
// (include/coax/abi/tables.h, bpf/README.md), the texts of the drop reasons, and the RFCs.
//
// It does not repeat the order in which a program looks at things. For each frame it collects the
// reasons that demand a drop and those that allow one. A frame that was dropped must have been
// dropped for one of these; a frame that went on must have had none that demands it.
#pragma once

#include <compare>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "coax/abi/control.h"
#include "fuzz/bpf/frames.h"
#include "fuzz/bpf/reading.h"
#include "fuzz/bpf/tables.h"
#include "harness/bpf_run.h"

namespace coax::fuzz {

/// A copy that left by a device while the program ran (bpf_clone_redirect).
struct Sent {
    std::uint32_t ifindex = 0;
    Bytes frame;
};

/// What a run did: the program's result, copies, and the tables it may have changed.
struct Observed {
    test::RunResult run;
    std::vector<Sent> sent;
    std::optional<coax_fdb_entry> learned_entry; // at learn_key()
    std::optional<std::uint32_t> learned_count;
    std::optional<coax_path_report> report; // of sender_of()
    std::vector<coax_mail_record> mail;     // what tc_lane handed to user space
};

struct Judged {
    coax_hook hook;
    const Tables &tables;
    const Devices &devices;
    const Case &input;
    const Observed &seen;
};

/// What is wrong; empty when nothing is.
class Complaints {
  public:
    void add(const std::string &text) { text_ += "  " + text + "\n"; }
    void check(bool good, const std::string &text) {
        if (!good)
            add(text);
    }
    [[nodiscard]] const std::string &text() const { return text_; }

  private:
    std::string text_;
};

struct Reasons {
    std::set<coax_drop_reason> must;
    std::set<coax_drop_reason> may;
};

/// "" when every invariant holds.
std::string judge(const Judged &judged);

/// The FDB entry tc_lane may write for this frame.
std::optional<std::pair<std::uint32_t, Mac>> learn_key(const Case &input);

bool same_report(const coax_path_report &a, const coax_path_report &b);
/// Outer source of what came through a tunnel.
std::optional<std::uint32_t> sender_of(const Case &input);

// Per program.
void judge_port(const Judged &judged, Complaints &complaints);
void judge_lane(const Judged &judged, Complaints &complaints);
/// A datagram to the control port: judge_control() has the say, not judge_lane().
bool is_control(const Case &input);
void judge_control(const Judged &judged, Complaints &complaints);
void judge_handover(const Judged &judged, Complaints &complaints);
void judge_uplink(const Judged &judged, Complaints &complaints);

// Shared by them.

constexpr std::uint32_t kShot = 2;
constexpr std::uint32_t kStolen = 4;
constexpr std::uint32_t kRedirect = 7;
// IPv6 extension headers a program follows (tests/bpf/tc_port_guard_test.cpp).
constexpr std::size_t kExtensionsFollowed = 4;

/// The reason counted for this frame, and complaints where it does not apply, is counted with wrong
/// bytes or together with another verdict. NONE: the frame went on.
coax_drop_reason judge_drop(const Judged &judged, const Reasons &reasons, Complaints &complaints);
void expect_counters(const Judged &judged, const std::map<coax_counter, std::uint64_t> &expected,
                     Complaints &complaints);
void expect_verdict(const Judged &judged, std::uint32_t verdict, Complaints &complaints);
/// gso_segs as it was, or 0: to be counted anew by the kernel.
void expect_gso_kept(const Judged &judged, Complaints &complaints);

/// Checks all bytes of the outer headers behind 14 bytes of Ethernet; the inner frame they carry.
struct Outer {
    std::uint32_t source_be = 0;
    std::uint32_t destination_be = 0;
    std::uint32_t vni = 0;
    std::uint8_t ecn = 0;
};
std::optional<Bytes> judge_outer(View frame, const Outer &outer, Complaints &complaints);
/// Source port of an encapsulated frame.
std::uint16_t outer_sport(View frame);
/// How a node is to be sent to (coax_paths): addresses, and the lanes of which keys.
struct Path {
    std::uint32_t source_be = 0;
    std::uint32_t destination_be = 0;
    bool from_second = false;
};
Path path_to(const Tables &tables, std::uint32_t vtep_be);
/// Device of a lane of the first or of the second keys, 0: none.
std::uint32_t lane_device(const Tables &tables, bool second, std::uint32_t lane);
/// The lane device a flow takes (README: "redirect(lane by flow hash)"), 0: none.
std::uint32_t lane_of(const Tables &tables, bool second, std::uint16_t sport, std::uint32_t lanes);

/// Compares the copies that left with those that had to, in any order.
struct Copy {
    std::uint32_t ifindex = 0;
    std::uint32_t source_be = 0;
    std::uint32_t destination_be = 0; // 0: the frame itself, to a local port
    auto operator<=>(const Copy &) const = default;
};
std::vector<Copy> local_copies(const Judged &judged, std::uint32_t vni, std::uint32_t except);
std::vector<Copy> remote_copies(const Judged &judged, std::uint32_t vni, std::uint16_t sport);
void expect_copies(std::vector<Copy> expected, std::vector<Copy> found, Complaints &complaints);

/// The answer of RFC 1191 / RFC 4443 section 3.2 to the frame that did not fit.
void judge_too_big_answer(const Judged &judged, const Reading &reading, std::uint32_t mtu,
                          Complaints &complaints);
enum class Answer { kForbidden, kRequired, kEither };
Answer too_big_answer(const Reading &reading, View frame);

/// RFC 9293 section 3.7.1: does this frame carry an MSS above `mss_max` that must, or may, be
/// lowered?
struct MssOption {
    std::size_t value_at = 0; // offset in the frame
    bool must = false;
};
std::optional<MssOption> mss_to_lower(const Reading &reading, View frame, std::uint32_t mss_max);
/// Is `found` the frame with that MSS and a TCP checksum that changed by just as much?
bool is_clamped(const Reading &reading, const MssOption &option, std::uint16_t mss,
                std::pair<View, View> frame_and_found);

} // namespace coax::fuzz
