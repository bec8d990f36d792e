// SPDX-License-Identifier: Apache-2.0
#include "bench/fleet/peer_book.h"

#include <chrono>
#include <utility>

namespace coax::bench {

PeerBook::PeerBook(Rules rules)
    : anchors_(std::move(rules.anchors)),
      claims_(std::move(rules.self),
              [this](NodeId, const std::string &name, const ClaimRefusal &refusal) {
                  refused_ = name + ": " + refusal.text;
              }) {}

std::string PeerBook::take(const controller::v1::Update &part) {
    auto whole = parts_.add(part);
    if (!whole.ok())
        return whole.error().message();
    if (!*whole)
        return {};
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const ClaimTrust trust{
        .anchors = anchors_, .revocations = revocations_, .on_expiry = OnExpiry::kWarn, .now = now};
    const bool same_store = (*whole)->store_id() == store_id_;
    store_id_ = (*whole)->store_id();
    claims_.take(**whole, same_store, trust);
    return std::exchange(refused_, {});
}

} // namespace coax::bench
