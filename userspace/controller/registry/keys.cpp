// SPDX-License-Identifier: Apache-2.0
#include "controller/registry/keys.h"

#include <charconv>

#include <fmt/format.h>

#include "coax/abi/limits.h"

namespace coax::controller {
namespace {

constexpr std::size_t kDigits = 8;

std::string with_number(std::string_view prefix, std::uint32_t number) {
    return fmt::format("{}{:08x}", prefix, number);
}

std::string with_text(std::string_view prefix, std::string_view text) {
    return fmt::format("{}{}", prefix, text);
}

} // namespace

std::string node_key(NodeId id) {
    return with_number(kNodePrefix, id.value());
}
std::string name_key(std::string_view name) {
    return with_text(kNamePrefix, name);
}
std::string identity_key(const SshPublicKey &key) {
    std::string out(kIdentityPrefix);
    for (const std::uint8_t byte : key.bytes)
        out += fmt::format("{:02x}", byte);
    return out;
}
std::string pending_key(std::string_view name) {
    return with_text(kPendingPrefix, name);
}
std::string online_key(NodeId id) {
    return with_number(kOnlinePrefix, id.value());
}
std::string report_key(NodeId id) {
    return with_number(kReportPrefix, id.value());
}
std::string network_key(std::string_view name) {
    return with_text(kNetworkPrefix, name);
}
std::string vni_key(Vni vni) {
    return with_number(kVniPrefix, vni.value());
}
std::string port_key(NodeId id, std::string_view name) {
    return fmt::format("{}{:08x}/{}", kPortPrefix, id.value(), name);
}
std::string token_key(std::string_view id) {
    return with_text(kTokenPrefix, id);
}
std::string audit_key(std::uint64_t sequence) {
    return fmt::format("{}{:016x}", kAuditPrefix, sequence);
}

std::optional<std::string_view> after_prefix(std::string_view key, std::string_view prefix) {
    if (!key.starts_with(prefix))
        return std::nullopt;
    return key.substr(prefix.size());
}

std::optional<NodeId> id_of(std::string_view digits) {
    std::uint32_t id = 0;
    const auto [stop, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), id, 16);
    if (digits.size() != kDigits || error != std::errc() || stop != digits.data() + digits.size())
        return std::nullopt;
    return id == 0 || id > COAX_NODE_ID_MAX ? std::nullopt : std::optional(NodeId(id));
}

std::optional<NodeId> id_after(std::string_view key, std::string_view prefix) {
    const auto rest = after_prefix(key, prefix);
    return rest ? id_of(*rest) : std::nullopt;
}

std::optional<std::pair<NodeId, std::string>> port_of(std::string_view rest) {
    const std::optional<NodeId> id = id_of(rest.substr(0, kDigits));
    if (!id || rest.size() < kDigits + 2 || rest[kDigits] != '/')
        return std::nullopt;
    return std::pair(*id, std::string(rest.substr(kDigits + 1)));
}

} // namespace coax::controller
