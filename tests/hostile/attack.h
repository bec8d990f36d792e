// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>

#include "controller.pb.h"
#include "lib/base/types.h"
#include "lib/trust/binding.h"
#include "lib/trust/ssh_private_key.h"

namespace coax::test {

/// What an attacker says who has the controller, its TLS key and everything agents told it, but no
/// key of the CA. Each round is a whole update with another lie. It leaves networks and ports alone,
/// which are the controller's to give and take.
class Attack {
  public:
    Attack(std::string network_id, IpPrefix vtep_pool);

    /// What a node said of itself.
    void know(const controller::v1::Node &node);
    [[nodiscard]] std::size_t known() const { return nodes_.size(); }
    controller::v1::Update round(std::uint64_t number);
    /// The WireGuard key that no agent may ever have as a peer.
    [[nodiscard]] PublicKey stolen_into() const { return lane_key_; }

  private:
    controller::v1::Node &any_of(controller::v1::Update &update);
    std::string forged_certificate(const std::string &name);
    std::string forged_binding(NodeId id, const std::string &name, SshPrivateKey &signer);
    void lie(std::uint64_t number, controller::v1::Update &update);

    const std::string network_id_;
    const IpPrefix vtep_pool_;
    SshPrivateKey ca_; // of the attacker
    SshPrivateKey identity_;
    PublicKey lane_key_;
    std::map<std::uint32_t, controller::v1::Node> nodes_;
    std::mt19937 random_{std::random_device()()};
};

} // namespace coax::test
