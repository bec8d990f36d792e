// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "controller/admission/admissions.h"
#include "controller/api/fleet_desk.h"
#include "controller/registry/nodes.h"
#include "controller/registry/revocations.h"
#include "lib/base/log.h"

namespace coax::controller {

/// The desk over the registry of the store.
/// Threads: any. What `needs` refers to outlives it.
class RegistryDesk final : public FleetDesk {
  public:
    struct Needs {
        Admissions &admissions;
        NodeRegistry &nodes;
        RevocationRegistry &revocations;
        Admissions::AnchorsNow anchors;
        Log log;
    };
    /// What a welcome says of the cluster.
    struct Terms {
        std::string network_id;
        std::string vtep_pool;
        std::vector<std::string> controllers; // "host:port"
        std::chrono::seconds alive{};
        std::chrono::seconds lease{};
    };

    RegistryDesk(Needs needs, Terms terms) : needs_(std::move(needs)), terms_(std::move(terms)) {}

    DeskAnswer admit(const v1::Hello &hello, const ChallengeFacts &facts) override;
    std::optional<v1::Refused> announce(NodeId node, const v1::Announce &message) override;
    std::optional<v1::Refused> report(NodeId node, const v1::Report &message) override;

  private:
    [[nodiscard]] v1::Welcome welcome(const record::Node &node, const v1::Hello &hello) const;
    void pass_on_revocations(NodeId node, const v1::Report &message);

    Needs needs_;
    Terms terms_;
};

} // namespace coax::controller
