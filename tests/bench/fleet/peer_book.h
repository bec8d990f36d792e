// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>

#include "controller.pb.h"
#include "lib/base/types.h"
#include "lib/trust/peer_rule.h"

namespace coax::bench {

/// What an agent does with the nodes it is told of: each is verified, and what was accepted is kept.
/// One thread.
class PeerBook {
  public:
    struct Rules {
        TrustAnchors anchors;
        std::string network_id;
        IpPrefix vtep_pool;
    };

    explicit PeerBook(Rules rules) : rules_(std::move(rules)) {}

    /// Why it was refused; empty: it was not.
    std::string take(const controller::v1::Node &node);
    [[nodiscard]] std::size_t peers() const { return peers_.size(); }

  private:
    Rules rules_;
    RevocationList revocations_;
    std::unordered_map<NodeId, VerifiedPeer> peers_;
};

} // namespace coax::bench
