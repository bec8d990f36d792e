// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "harness/fault_plan.h"
#include "lib/net/tunnel_sender.h"

namespace coax::test {

/// Keeps what was sent. Calls are recorded as "send 7 100.64.0.2".
class FakeTunnelSender final : public TunnelSender {
  public:
    struct Datagram {
        TunnelPath path;
        std::vector<std::byte> payload;
    };
    FaultPlan faults;
    std::vector<Datagram> sent;

    Status send(const TunnelPath &path, std::span<const std::byte> payload) override {
        COAX_TRY(faults.enter("send " + std::to_string(path.lane.value()) + " " +
                              path.to_vtep.to_string()));
        sent.push_back({path, {payload.begin(), payload.end()}});
        return {};
    }
};

} // namespace coax::test
