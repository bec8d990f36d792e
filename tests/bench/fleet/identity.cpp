// SPDX-License-Identifier: Apache-2.0
#include "bench/fleet/identity.h"

#include <charconv>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "lib/trust/ssh_certificate.h"

namespace coax::bench {
namespace {

constexpr std::string_view kPrefix = "sim-";
constexpr std::chrono::hours kValid{7 * 24};
constexpr std::uint32_t kBenchmarkNet = 0xc6120000; // 198.18.0.0/15 (RFC 2544)
constexpr std::uint32_t kBenchmarkHosts = 0x1ffff;
constexpr std::uint16_t kPort = 51820;
constexpr std::uint64_t kAddressesOfOneNode = 7;

UnixTime now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

Result<Identity> make_identity(std::size_t index, Signer &ca) {
    COAX_ASSIGN_OR_RETURN(SshPrivateKey key, SshPrivateKey::generate());
    CertificateFacts facts;
    facts.key = key.public_key();
    facts.serial = index + 1;
    facts.key_id = node_name(index);
    facts.principals = {facts.key_id};
    facts.valid_after = now() - kValid;
    facts.valid_before = now() + kValid;
    COAX_ASSIGN_OR_RETURN(SshCertificate certificate, make_certificate(facts, ca));
    return Identity{facts.key_id, std::move(key), std::move(certificate.blob)};
}

} // namespace

std::string node_name(std::size_t index) {
    return fmt::format("{}{:06}", kPrefix, index);
}

std::optional<std::size_t> index_of(std::string_view name) {
    if (!name.starts_with(kPrefix))
        return std::nullopt;
    name.remove_prefix(kPrefix.size());
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), index);
    if (error != std::errc() || end != name.data() + name.size())
        return std::nullopt;
    return index;
}

Result<std::vector<Identity>> make_identities(std::size_t nodes, Signer &ca) {
    std::vector<Identity> identities;
    identities.reserve(nodes);
    for (std::size_t i = 0; i < nodes; ++i) {
        COAX_ASSIGN_OR_RETURN(Identity one, make_identity(i, ca));
        identities.push_back(std::move(one));
    }
    return identities;
}

Result<std::string> make_binding(Identity &identity, const Membership &membership,
                                 std::uint64_t epoch) {
    const std::uint32_t id = membership.node.value();
    Binding binding;
    binding.network_id = membership.network_id;
    binding.node = membership.node;
    binding.name = identity.name;
    binding.vtep = IpAddress::v4(membership.vtep_pool.network().address.v4_host_order() + id);
    PublicKey lane;
    lane.bytes = identity.key.public_key().bytes; // any 32 bytes that no other node has
    binding.lane_keys = {lane};
    const std::uint64_t address = id * kAddressesOfOneNode + epoch % kAddressesOfOneNode;
    const auto host = static_cast<std::uint32_t>(address & kBenchmarkHosts);
    binding.endpoints = {{IpAddress::v4(kBenchmarkNet | host), UdpPort(kPort)}};
    binding.epoch = epoch;
    binding.not_before = now() - kValid;
    binding.expires = now() + kValid;
    return sign_binding(binding, identity.key);
}

} // namespace coax::bench
