// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "agent/control/claims.h"
#include "agent/control/update_parts.h"
#include "controller.pb.h"

namespace coax::bench {

/// What coaxd does with the nodes it is told of, by its own code: parts are put together, each node is
/// verified, what was accepted is kept. None may be refused here.
/// One thread.
class PeerBook {
  public:
    struct Rules {
        TrustAnchors anchors;
        Claims::Self self;
    };

    explicit PeerBook(Rules rules);
    PeerBook(const PeerBook &) = delete;
    PeerBook &operator=(const PeerBook &) = delete;
    ~PeerBook() = default;

    /// Why something was refused; empty: nothing was.
    std::string take(const controller::v1::Update &part);
    [[nodiscard]] std::size_t peers() const { return claims_.nodes().size(); }

  private:
    TrustAnchors anchors_;
    RevocationList revocations_;
    UpdateParts parts_;
    Claims claims_;
    std::string store_id_;
    std::string refused_;
};

} // namespace coax::bench
