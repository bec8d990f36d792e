// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "agent/control/claims.h"
#include "controller.pb.h"
#include "unit/trust/keys.h"

namespace coax::test {

inline const IpPrefix kPool{IpAddress::v4(0x64400000), 10};
inline constexpr const char *kNetwork = "storage";

/// A node of the overlay as it is: identity, certificate, binding, all true.
struct HonestNode {
    NodeId id;
    std::string name;
    SshPrivateKey key;
    std::string certificate;
    Binding binding;

    HonestNode(std::uint32_t number, SshPrivateKey &ca)
        : id(number), name("storage" + std::to_string(number)), key(make_key()) {
        certify(ca);
        binding.network_id = kNetwork;
        binding.node = id;
        binding.name = name;
        binding.vtep = IpAddress::v4(kPool.address.v4_host_order() + number);
        binding.lane_keys = {lane_key(number)};
        binding.endpoints = {{IpAddress::v4(0xc0000200U + number % 250), UdpPort(51820)}};
        binding.epoch = 1000;
        binding.not_before = kNow - std::chrono::hours(1);
        binding.expires = kNow + std::chrono::hours(720);
    }

    void certify(SshPrivateKey &ca, std::chrono::hours valid = std::chrono::hours(8760)) {
        CertificateFacts facts = host_facts(key.public_key());
        facts.serial = id.value();
        facts.principals = {name};
        facts.valid_before = kNow + valid;
        certificate = must(make_certificate(facts, ca)).blob;
    }
    static PublicKey lane_key(std::uint32_t number) {
        PublicKey made;
        made.bytes[0] = 0x40;
        for (std::size_t i = 0; i < 4; ++i)
            made.bytes[i + 1] = static_cast<std::uint8_t>(number >> (8 * i));
        return made;
    }
    [[nodiscard]] controller::v1::Node said() {
        controller::v1::Node out;
        out.set_id(id.value());
        out.set_name(name);
        out.set_certificate(certificate);
        out.set_binding(must(sign_binding(binding, key)));
        return out;
    }
};

inline Claims::Self self() {
    return {NodeId(1), "storage1", make_key().public_key(), kNetwork, kPool};
}

} // namespace coax::test
