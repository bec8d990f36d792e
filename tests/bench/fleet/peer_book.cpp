// SPDX-License-Identifier: Apache-2.0
#include "bench/fleet/peer_book.h"

#include <chrono>
#include <utility>

namespace coax::bench {

std::string PeerBook::take(const controller::v1::Node &node) {
    const NodeId id(node.id());
    const auto known = peers_.find(id);
    const TrustContext context{
        .anchors = rules_.anchors,
        .revocations = revocations_,
        .network_id = rules_.network_id,
        .vtep_pool = rules_.vtep_pool,
        .now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())};
    auto verdict = verify_peer({id, node.name(), node.certificate(), node.binding()}, context,
                               known == peers_.end() ? nullptr : &known->second.accepted);
    if (const auto *refusal = std::get_if<Refusal>(&verdict))
        return refusal->message;
    peers_.insert_or_assign(id, std::get<VerifiedPeer>(std::move(verdict)));
    return {};
}

} // namespace coax::bench
