// SPDX-License-Identifier: Apache-2.0
// What Control shows of itself.
#include <algorithm>

#include <fmt/format.h>

#include "agent/control/control.h"

namespace coax {
namespace {

using std::chrono::seconds;
using State = FleetClient::State;

constexpr std::size_t kShownMax = 20;

std::string_view kind_name(LeftOut::Kind kind) {
    switch (kind) {
    case LeftOut::Kind::kPeer:
        return "peer";
    case LeftOut::Kind::kNetwork:
        return "network";
    case LeftOut::Kind::kPort:
        return "port";
    case LeftOut::Kind::kEndpoint:
        return "endpoint";
    }
    return "item";
}

std::string left_text(const Control::Expiry &expiry) {
    constexpr std::int64_t kDaySeconds = 24 * 60 * 60;
    const std::int64_t days = expiry.left.left.count() / kDaySeconds;
    return expiry.left.over() ? fmt::format("is over since {} days", -days)
                              : fmt::format("is over in {} days", days);
}

std::string advice(const std::string &what) {
    if (what == "own_certificate")
        return "the certificate of this node {}: have its key certified again (coax nodes approve, "
               "ssh-keygen -s)";
    if (what == "own_binding")
        return "the binding of this node {}: it signs a new one when a controller is in reach";
    if (what == "peer_certificate")
        return "the certificate of a peer {}: `coax why` shows it; have its key certified again";
    return "the binding of a peer {}: its agent renews it when it runs and reaches a controller";
}

/// Bindings are valid for 30 days and renewed by half of that: from a week on something is wrong.
bool is_worth_saying(const Control::Expiry &expiry) {
    constexpr std::chrono::hours kBindingSoon{7 * 24};
    const bool binding = expiry.what.ends_with("binding");
    return binding ? expiry.left.left <= kBindingSoon : expiry.left.soon();
}

} // namespace

State Control::stream_state() const {
    return client_ ? client_->state() : State::kWaiting;
}

std::optional<seconds> Control::view_age() const {
    if (welcome_ && client_->silence() != std::chrono::milliseconds::max())
        return std::chrono::duration_cast<seconds>(client_->silence());
    if (!heard_at_)
        return std::nullopt;
    const auto age = std::chrono::floor<seconds>(needs_.clock.system_now() - *heard_at_);
    return std::max(age, seconds(0));
}

std::vector<Control::Expiry> Control::expiries() const {
    std::vector<Expiry> out;
    const UnixTime at = now();
    if (identity_.certificate)
        out.push_back(
            {"own_certificate", time_left(identity_.certificate->facts.valid_before, at)});
    if (own_.binding())
        out.push_back({"own_binding", time_left(own_.binding()->expires, at)});
    Expiry certificate{"peer_certificate", {seconds::max()}};
    Expiry binding{"peer_binding", {seconds::max()}};
    for (const auto &[id, node] : claims_.nodes()) {
        if (!node.peer || !node.certificate)
            continue;
        certificate.left.left = std::min(certificate.left.left,
                                         time_left(node.certificate->facts.valid_before, at).left);
        binding.left.left =
            std::min(binding.left.left, time_left(node.peer->binding.expires, at).left);
    }
    for (Expiry &expiry : std::vector{certificate, binding})
        if (expiry.left.left != seconds::max())
            out.push_back(std::move(expiry));
    return out;
}

std::vector<Degradation> Control::degradations() const {
    std::vector<Degradation> out;
    if (!welcome_ && !why_.empty())
        out.push_back({"control.unreachable",
                       fmt::format("no controller is followed: {}; traffic goes on", why_)});
    if (!identity_.problem.empty())
        out.push_back({"control.revocations", identity_.problem});
    if (const std::string &error = identity_.revocations.unsaved(); !error.empty())
        out.push_back({"control.revocations_unsaved",
                       error + "; after a reboot this node trusts again what was revoked last"});
    if (!record_error_.empty())
        out.push_back({"control.view_damaged", record_error_});
    if (const std::string &error = saved().error; !error.empty())
        out.push_back(
            {"control.view_unsaved", error + "; after a reboot this node knows older peers"});
    for (const Expiry &expiry : expiries())
        if (is_worth_saying(expiry))
            out.push_back({"control." + expiry.what,
                           fmt::format(fmt::runtime(advice(expiry.what)), left_text(expiry))});
    std::size_t shown = 0;
    for (const auto &[id, node] : claims_.nodes()) {
        if (node.peer && node.peer->tolerated && shown < kShownMax) {
            ++shown;
            out.push_back({"control.peer_tolerated", node.peer->tolerated->message});
        }
        if (node.refused && shown < kShownMax) {
            ++shown;
            out.push_back({"control.peer_refused",
                           fmt::format("node {}: {}", id.value(), node.refused->text)});
        }
    }
    for (const LeftOut &left : merged_.left_out) {
        if (++shown > 2 * kShownMax)
            break;
        out.push_back({"control.left_out",
                       fmt::format("{} {}: {}", kind_name(left.kind), left.name, left.text)});
    }
    return out;
}

} // namespace coax
