// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <variant>

#include "controller.pb.h"
#include "controller/admission/outcome.h"
#include "lib/trust/peer_rule.h"

namespace coax::controller {

/// What a node said of itself, taken.
struct Announcement {
    record::Node node;    // as it is to be
    bool changed = false; // to what is stored
    /// For the audit log; empty when only times and epoch are new, as when a binding is renewed.
    std::string text;
};

/// Whether `announce` may be told to others: by the rule of the agent, against what was accepted
/// last. Pure. `context.on_expiry` is kCut.
std::variant<Announcement, Refused>
judge_announce(const v1::Announce &announce, const record::Node &node, const TrustContext &context);

} // namespace coax::controller
