// SPDX-License-Identifier: Apache-2.0
#include "controller/admission/announce.h"

#include <optional>

#include <fmt/format.h>

#include "lib/base/text.h"

namespace coax::controller {
namespace {

constexpr std::size_t kWordMax = 64; // of kernel and backend

Refused malformed(std::string text) {
    return refused({RefusalReason::kMalformed, std::move(text)});
}

std::optional<Refused> check_form(const v1::Announce &announce) {
    for (const auto &[key, word] :
         {std::pair("kernel", &announce.kernel()), std::pair("backend", &announce.backend())})
        if (word->size() > kWordMax)
            return malformed(fmt::format("{}: expected at most {} bytes, found {}", key, kWordMax,
                                         word->size()));
    return std::nullopt;
}

/// The stored record; nothing when there is none that can be read.
std::optional<SignedBinding> last_binding(const record::Node &node) {
    if (node.binding().empty())
        return std::nullopt;
    auto opened = open_binding(node.binding());
    return opened.ok() ? std::optional(std::move(*opened)) : std::nullopt;
}

/// A clock that is off is the usual reason for a binding out of its time: both are told.
Refused explain(Refusal refusal, const v1::Announce &announce, UnixTime now) {
    const bool of_time =
        refusal.reason == RefusalReason::kExpired || refusal.reason == RefusalReason::kNotYetValid;
    if (const auto opened = open_binding(announce.binding()); of_time && opened.ok())
        refusal.message +=
            fmt::format(" (the node signed for {} to {}, the controller's clock says {})",
                        time_text(opened->binding.not_before), time_text(opened->binding.expires),
                        time_text(now));
    return refused(std::move(refusal));
}

std::string list_text(const std::vector<PublicKey> &keys) {
    std::string text;
    for (const PublicKey &key : keys)
        text += (text.empty() ? "" : " ") + key.to_string();
    return text;
}

/// What others act on.
std::string describe(const Binding &binding) {
    std::string text = "lane keys " + list_text(binding.lane_keys);
    if (!binding.next_lane_keys.empty())
        text += ", next " + list_text(binding.next_lane_keys);
    text += ", endpoints";
    for (const SocketAddress &endpoint : binding.endpoints)
        text += " " + endpoint.to_string();
    if (!binding.roles.empty())
        text += ", roles asked for";
    for (const std::string &role : binding.roles)
        text += " " + role;
    return text;
}

} // namespace

std::variant<Announcement, Refused> judge_announce(const v1::Announce &announce,
                                                   const record::Node &node,
                                                   const TrustContext &context) {
    if (auto wrong = check_form(announce))
        return *std::move(wrong);
    const auto last = last_binding(node);
    std::optional<AcceptedPeer> accepted;
    if (last)
        accepted =
            AcceptedPeer{last->binding.name, last->signer, last->binding.epoch, last->digest};
    const PeerClaim claim{NodeId(node.id()), node.name(), node.certificate(), announce.binding()};
    auto verdict = verify_peer(claim, context, accepted ? &*accepted : nullptr);
    if (auto *refusal = std::get_if<Refusal>(&verdict))
        return explain(std::move(*refusal), announce, context.now);
    const auto &peer = std::get<VerifiedPeer>(verdict);
    if (announce.lanes() != peer.binding.lane_keys.size())
        return malformed(fmt::format("lanes: expected {} as in the binding, found {}",
                                     peer.binding.lane_keys.size(), announce.lanes()));
    Announcement news;
    news.node = node;
    news.node.set_binding(announce.binding());
    news.node.set_lanes(announce.lanes());
    news.node.set_kernel(announce.kernel());
    news.node.set_backend(announce.backend());
    news.changed = news.node.SerializeAsString() != node.SerializeAsString();
    const std::string before = last ? describe(last->binding) : "";
    const std::string now = describe(peer.binding);
    if (before != now)
        news.text = before.empty() ? now : before + " -> " + now;
    return news;
}

} // namespace coax::controller
