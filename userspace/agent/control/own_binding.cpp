// SPDX-License-Identifier: Apache-2.0
#include "agent/control/own_binding.h"

#include <algorithm>

namespace coax {
namespace {

constexpr std::chrono::hours kRenewAfter{15 * 24};
constexpr std::chrono::hours kSpreadMax{3 * 24};
constexpr std::chrono::minutes kClockSlack{10}; // clocks of other nodes may be behind

} // namespace

std::vector<SocketAddress> own_endpoints(const DesiredState &state, Links &links) {
    if (!state.control.announce.empty())
        return state.control.announce;
    std::vector<SocketAddress> found;
    for (const std::string &name : state.underlay.uplinks) {
        const auto link = links.find(name);
        if (!link.ok() || !link.value())
            continue;
        const auto addresses = links.addresses(link.value()->index);
        if (!addresses.ok())
            continue;
        for (const IpPrefix &prefix : *addresses)
            if (const SocketAddress one{prefix.address, state.underlay.listen_port};
                std::find(found.begin(), found.end(), one) == found.end())
                found.push_back(one);
    }
    std::stable_partition(found.begin(), found.end(),
                          [](const SocketAddress &one) { return one.address.is_v4(); });
    found.resize(std::min(found.size(), kBindingEndpointsMax));
    return found;
}

void OwnBinding::restore(std::string signed_bytes, std::uint64_t epoch) {
    seen(epoch);
    auto opened = open_binding(signed_bytes);
    if (!opened.ok())
        return;
    seen(opened->binding.epoch);
    binding_ = std::move(opened->binding);
    bytes_ = std::move(signed_bytes);
}

void OwnBinding::seen(std::uint64_t epoch) {
    epoch_ = std::max(epoch_, epoch);
}

bool OwnBinding::is_due(const Binding &facts, UnixTime now) const {
    if (!binding_ || binding_->epoch < epoch_)
        return true;
    Binding same = facts;
    same.epoch = binding_->epoch;
    same.not_before = binding_->not_before;
    same.expires = binding_->expires;
    const auto early = std::chrono::duration_cast<std::chrono::seconds>(kSpreadMax * spread_);
    return same != *binding_ || now >= binding_->not_before + kRenewAfter - early ||
           now < binding_->not_before;
}

Status OwnBinding::sign(Binding facts, UnixTime now, Signer &identity) {
    facts.epoch = std::max(epoch_ + 1, time_to_wire(now));
    facts.not_before = now - kClockSlack;
    facts.expires = now + kBindingValid;
    COAX_ASSIGN_OR_RETURN(bytes_, sign_binding(facts, identity));
    epoch_ = facts.epoch;
    binding_ = std::move(facts);
    return {};
}

} // namespace coax
