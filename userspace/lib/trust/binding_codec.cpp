// SPDX-License-Identifier: Apache-2.0
#include "lib/trust/binding_codec.h"

#include <algorithm>

#include <fmt/format.h>

#include "lib/trust/wire.h"

namespace coax {
namespace {

constexpr std::string_view kMagic = "coax-binding";
constexpr std::uint32_t kFormat = 1;
constexpr std::size_t kV4Bytes = 4;
constexpr std::size_t kV6Bytes = 16;

std::string address_bytes(const IpAddress &address) {
    const std::string_view all = text_of(address.bytes());
    return std::string(address.is_v4() ? all.substr(kV6Bytes - kV4Bytes) : all);
}

Result<IpAddress> read_address(std::string_view bytes) {
    WireReader reader(bytes);
    if (bytes.size() == kV4Bytes)
        return IpAddress::v4(reader.uint32());
    std::array<std::uint8_t, kV6Bytes> all{};
    if (bytes.size() != all.size())
        return Error(ErrorCode::kInvalid,
                     fmt::format("binding: expected an address of {} or {} bytes, found {}",
                                 kV4Bytes, kV6Bytes, bytes.size()));
    std::copy(bytes.begin(), bytes.end(), all.begin());
    return IpAddress::from_bytes(all);
}

std::string pack_keys(const std::vector<PublicKey> &keys) {
    WireWriter writer;
    for (const PublicKey &key : keys)
        writer.string(key.bytes);
    return writer.take();
}

Result<std::vector<PublicKey>> unpack_keys(std::string_view packed) {
    WireReader reader(packed);
    std::vector<PublicKey> keys;
    while (!reader.done())
        keys.push_back({reader.fixed_string<sizeof(PublicKey::bytes)>()});
    COAX_TRY(reader.finish("lane keys of the binding"));
    return keys;
}

std::string pack_endpoints(const std::vector<SocketAddress> &endpoints) {
    WireWriter writer;
    for (const SocketAddress &endpoint : endpoints) {
        writer.string(address_bytes(endpoint.address));
        writer.uint32(endpoint.port.value());
    }
    return writer.take();
}

Result<std::vector<SocketAddress>> unpack_endpoints(std::string_view packed) {
    WireReader reader(packed);
    std::vector<SocketAddress> endpoints;
    while (!reader.done()) {
        COAX_ASSIGN_OR_RETURN(const IpAddress address, read_address(reader.string()));
        // A port past 65535 is cut here and found by the comparison with the one form.
        endpoints.push_back({address, UdpPort(static_cast<std::uint16_t>(reader.uint32()))});
    }
    COAX_TRY(reader.finish("endpoints of the binding"));
    return endpoints;
}

std::string pack_roles(const std::set<std::string> &roles) {
    WireWriter writer;
    for (const std::string &role : roles)
        writer.string(role);
    return writer.take();
}

Result<std::set<std::string>> unpack_roles(std::string_view packed) {
    WireReader reader(packed);
    std::set<std::string> roles;
    while (!reader.done())
        roles.emplace(reader.string());
    COAX_TRY(reader.finish("roles of the binding"));
    return roles;
}

} // namespace

std::string encode_binding(const Binding &binding) {
    WireWriter writer;
    writer.string(kMagic);
    writer.uint32(kFormat);
    writer.string(binding.network_id);
    writer.uint32(binding.node.value());
    writer.string(binding.name);
    writer.string(address_bytes(binding.vtep));
    writer.string(pack_keys(binding.lane_keys));
    writer.string(pack_keys(binding.next_lane_keys));
    writer.string(pack_endpoints(binding.endpoints));
    writer.string(pack_roles(binding.roles));
    writer.uint64(binding.epoch);
    writer.uint64(time_to_wire(binding.not_before));
    writer.uint64(time_to_wire(binding.expires));
    return writer.take();
}

Result<Binding> decode_binding(std::string_view payload) {
    WireReader reader(payload);
    if (reader.string() != kMagic)
        return Error(ErrorCode::kInvalid,
                     fmt::format("not a binding: it does not begin with {}", kMagic));
    const std::uint32_t format = reader.uint32();
    if (!reader.failed() && format != kFormat)
        return Error(ErrorCode::kVersion,
                     fmt::format("binding of format {}, expected {}: update the older side", format,
                                 kFormat));
    Binding binding;
    binding.network_id = reader.string();
    binding.node = NodeId(reader.uint32());
    binding.name = reader.string();
    const std::string_view vtep = reader.string();
    const std::string_view lane_keys = reader.string();
    const std::string_view next_lane_keys = reader.string();
    const std::string_view endpoints = reader.string();
    const std::string_view roles = reader.string();
    binding.epoch = reader.uint64();
    binding.not_before = time_from_wire(reader.uint64());
    binding.expires = time_from_wire(reader.uint64());
    COAX_TRY(reader.finish("binding"));
    COAX_ASSIGN_OR_RETURN(binding.vtep, read_address(vtep));
    COAX_ASSIGN_OR_RETURN(binding.lane_keys, unpack_keys(lane_keys));
    COAX_ASSIGN_OR_RETURN(binding.next_lane_keys, unpack_keys(next_lane_keys));
    COAX_ASSIGN_OR_RETURN(binding.endpoints, unpack_endpoints(endpoints));
    COAX_ASSIGN_OR_RETURN(binding.roles, unpack_roles(roles));
    return binding;
}

} // namespace coax
