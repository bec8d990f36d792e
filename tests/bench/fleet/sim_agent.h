// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include "bench/fleet/identity.h"
#include "bench/fleet/ledger.h"
#include "bench/fleet/peer_book.h"
#include "lib/base/guarded.h"
#include "lib/control/fleet_client.h"

namespace coax::bench {

/// An agent without a kernel: the real client, proof, identity and signed binding. What it is told
/// goes to the ledger; into a peer book first if it has one.
/// Threads: that of its loop.
class SimAgent {
  public:
    struct Facts {
        std::size_t index = 0;
        asio::io_context *loop = nullptr;
        FleetClient::Options client;
        std::optional<TrustAnchors> verifies; // by these; absent: it takes claims as they come
    };

    SimAgent(Facts facts, Identity &identity, Guarded<Ledger> &ledger);
    SimAgent(const SimAgent &) = delete;
    SimAgent &operator=(const SimAgent &) = delete;
    ~SimAgent() = default;

    /// Connects, with what it had when it stopped.
    void start();
    void stop();
    /// Has another underlay address from now on.
    void move();

  private:
    Result<controller::v1::Hello> hello(const controller::v1::Challenge &challenge);
    void on_welcome(const controller::v1::Welcome &welcome);
    void on_update(const controller::v1::Update &update);
    void on_state(FleetClient::State state, const std::string &why);
    void announce();
    void report_later();

    const Facts facts_;
    Identity &identity_;
    Guarded<Ledger> &ledger_;
    std::optional<PeerBook> peers_;
    std::unique_ptr<FleetClient> client_;
    std::optional<Membership> membership_;
    std::uint64_t epoch_ = 0;
    std::string binding_; // of epoch_; empty: none yet
    std::string store_id_;
    std::uint64_t revision_ = 0;
    asio::steady_timer report_timer_;
    bool report_waits_ = false;
};

} // namespace coax::bench
