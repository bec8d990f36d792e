// SPDX-License-Identifier: Apache-2.0
#include "lib/trust/binding.h"

#include <algorithm>

#include <fmt/format.h>
#include <sodium.h>

#include "coax/abi/limits.h"
#include "lib/base/text.h"
#include "lib/trust/binding_codec.h"
#include "lib/trust/signed_record.h"
#include "lib/trust/wire.h"

namespace coax {
namespace {

Error invalid(std::string message) {
    return {ErrorCode::kInvalid, "binding: " + std::move(message)};
}

/// 1 to `max` of a-z, 0-9, '-' and '.'.
bool is_word(std::string_view text, std::size_t max) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    };
    return !text.empty() && text.size() <= max && std::all_of(text.begin(), text.end(), allowed);
}

Status check_names(const Binding &binding) {
    if (!is_word(binding.network_id, kNetworkIdMax))
        return invalid(fmt::format("expected a network id of 1 to {} of a-z 0-9 - ., found {}",
                                   kNetworkIdMax, coax::quoted(binding.network_id)));
    if (!is_node_name(binding.name))
        return invalid(fmt::format("expected a name of 1 to {} of a-z 0-9 - ., found {}",
                                   kNodeNameMax, coax::quoted(binding.name)));
    if (binding.roles.size() > kBindingRolesMax)
        return invalid(fmt::format("expected at most {} roles, found {}", kBindingRolesMax,
                                   binding.roles.size()));
    for (const std::string &role : binding.roles) {
        if (!is_word(role, kRoleMax))
            return invalid(fmt::format("expected a role of 1 to {} of a-z 0-9 - ., found {}",
                                       kRoleMax, coax::quoted(role)));
    }
    return {};
}

Status check_keys(const Binding &binding) {
    if (binding.lane_keys.empty() || binding.lane_keys.size() > COAX_LANES_MAX)
        return invalid(fmt::format("expected 1 to {} lane keys, found {}", COAX_LANES_MAX,
                                   binding.lane_keys.size()));
    if (!binding.next_lane_keys.empty() &&
        binding.next_lane_keys.size() != binding.lane_keys.size())
        return invalid(fmt::format("expected {} next lane keys or none, found {}",
                                   binding.lane_keys.size(), binding.next_lane_keys.size()));
    std::set<PublicKey> seen{PublicKey{}}; // the zero key is nobody's
    for (const auto *keys : {&binding.lane_keys, &binding.next_lane_keys}) {
        for (const PublicKey &key : *keys) {
            if (!seen.insert(key).second)
                return invalid(fmt::format("lane key {} is zero or there twice", key.to_string()));
        }
    }
    return {};
}

Status check_endpoints(const Binding &binding) {
    if (binding.endpoints.size() > kBindingEndpointsMax)
        return invalid(fmt::format("expected at most {} endpoints, found {}", kBindingEndpointsMax,
                                   binding.endpoints.size()));
    for (const SocketAddress &endpoint : binding.endpoints) {
        if (endpoint.port.value() == 0 || endpoint.address.is_unspecified())
            return invalid(fmt::format("{} is no endpoint", endpoint.to_string()));
    }
    return {};
}

Status check_content(const Binding &binding) {
    const std::uint32_t id = binding.node.value();
    if (id == 0 || id > COAX_NODE_ID_MAX)
        return invalid(
            fmt::format("expected a node id of 1 to {}, found {}", COAX_NODE_ID_MAX, id));
    COAX_TRY(check_names(binding));
    COAX_TRY(check_keys(binding));
    COAX_TRY(check_endpoints(binding));
    if (!binding.vtep.is_v4())
        return invalid(fmt::format("expected an IPv4 VTEP, found {}", binding.vtep.to_string()));
    if (binding.epoch == 0)
        return invalid("expected an epoch from 1 on, found 0");
    if (binding.expires <= binding.not_before)
        return invalid(fmt::format("valid from {} until {} is never valid",
                                   time_text(binding.not_before), time_text(binding.expires)));
    return {};
}

} // namespace

bool is_node_name(std::string_view text) {
    return is_word(text, kNodeNameMax);
}

std::string Binding::encode() const {
    return encode_binding(*this);
}

Result<Binding> Binding::decode(std::string_view payload) {
    COAX_ASSIGN_OR_RETURN(Binding binding, decode_binding(payload));
    COAX_TRY(check_content(binding));
    if (binding.encode() != payload)
        return invalid("not in its one form (roles sorted, nothing twice, IPv4 as 4 bytes)");
    return binding;
}

Result<std::string> sign_binding(const Binding &binding, Signer &identity) {
    COAX_TRY(check_content(binding));
    return sign_record(binding.encode(), kBindingNamespace, identity);
}

Result<SignedBinding> open_binding(std::string_view bytes) {
    if (bytes.size() > kBindingBytesMax)
        return invalid(
            fmt::format("{} bytes, expected at most {}", bytes.size(), kBindingBytesMax));
    COAX_ASSIGN_OR_RETURN(const SignedRecord record, open_record(bytes, kBindingNamespace));
    SignedBinding result;
    COAX_ASSIGN_OR_RETURN(result.binding, Binding::decode(record.payload));
    result.signer = record.signer;
    crypto_hash_sha256(result.digest.data(), bytes_of(record.payload), record.payload.size());
    return result;
}

} // namespace coax
