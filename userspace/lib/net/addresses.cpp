// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cerrno>

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <fmt/format.h>

#include "lib/net/rtnl_links.h"

namespace coax {
namespace {

constexpr std::size_t kV4Bytes = 4;
constexpr std::size_t kV6Bytes = 16;
constexpr std::size_t kV4Offset = kV6Bytes - kV4Bytes; // within ::ffff:a.b.c.d

std::optional<IpAddress> address_of(std::uint8_t family, std::span<const std::uint8_t> bytes) {
    std::array<std::uint8_t, kV6Bytes> full{};
    if (family == AF_INET && bytes.size() == kV4Bytes) {
        full[kV4Offset - 1] = full[kV4Offset - 2] = 0xff;
        std::copy(bytes.begin(), bytes.end(), full.begin() + kV4Offset);
        return IpAddress::from_bytes(full);
    }
    if (family == AF_INET6 && bytes.size() == kV6Bytes) {
        std::copy(bytes.begin(), bytes.end(), full.begin());
        return IpAddress::from_bytes(full);
    }
    return std::nullopt;
}

std::span<const std::uint8_t> wire_bytes(const IpAddress &address) {
    const std::span<const std::uint8_t> bytes(address.bytes());
    return address.is_v4() ? bytes.subspan(kV4Offset) : bytes;
}

} // namespace

std::optional<IpPrefix> parse_address(const NetlinkReply &reply, IfIndex index) {
    const auto header = reply.header<ifaddrmsg>();
    if (reply.type != RTM_NEWADDR || header.ifa_index != index.value() ||
        header.ifa_scope != RT_SCOPE_UNIVERSE)
        return std::nullopt;
    const auto attributes = reply.attributes(sizeof(ifaddrmsg), IFA_MAX);
    // On a point-to-point link IFA_ADDRESS is the other side; IFA_LOCAL is ours where it is given.
    const auto local = attributes.get(IFA_LOCAL);
    const auto address =
        address_of(header.ifa_family, local.empty() ? attributes.get(IFA_ADDRESS) : local);
    constexpr std::size_t kBitsPerByte = 8;
    if (!address || header.ifa_prefixlen > kBitsPerByte * wire_bytes(*address).size())
        return std::nullopt;
    return IpPrefix{*address, header.ifa_prefixlen};
}

Result<std::vector<IpPrefix>> RtnlLinks::addresses(IfIndex index) {
    NetlinkRequest request(RTM_GETADDR, NLM_F_DUMP);
    ifaddrmsg header{};
    header.ifa_index = index.value();
    request.append(header);
    COAX_ASSIGN_OR_RETURN(const NetlinkAnswer answer, socket_.transact(request));
    COAX_TRY(answer.status("list addresses of " + label(index)));
    std::vector<IpPrefix> prefixes;
    for (const auto &reply : answer.replies) {
        if (const auto prefix = parse_address(reply, index))
            prefixes.push_back(*prefix);
    }
    std::sort(prefixes.begin(), prefixes.end());
    return prefixes;
}

Status RtnlLinks::change_address(IfIndex index, const IpPrefix &address, bool add) {
    const bool v4 = address.address.is_v4();
    NetlinkRequest request(add ? RTM_NEWADDR : RTM_DELADDR, add ? NLM_F_CREATE | NLM_F_EXCL : 0);
    ifaddrmsg header{};
    header.ifa_family = v4 ? AF_INET : AF_INET6;
    header.ifa_prefixlen = address.length;
    header.ifa_scope = RT_SCOPE_UNIVERSE;
    header.ifa_index = index.value();
    request.append(header);
    request.put(IFA_LOCAL, wire_bytes(address.address));
    request.put(IFA_ADDRESS, wire_bytes(address.address));
    // The operator owns the address plan; waiting for a probe would only delay the first packet.
    if (add && !v4)
        request.put_value(IFA_FLAGS, std::uint32_t{IFA_F_NODAD});
    COAX_ASSIGN_OR_RETURN(const NetlinkAnswer answer, socket_.transact(request));
    if (answer.error_number == 0 || (!add && answer.error_number == EADDRNOTAVAIL))
        return {};
    if (add && answer.error_number == EEXIST) {
        COAX_ASSIGN_OR_RETURN(const auto present, addresses(index));
        if (std::find(present.begin(), present.end(), address) != present.end())
            return {};
    }
    return answer.status(fmt::format("{} address {} {} {}", add ? "add" : "remove",
                                     address.to_string(), add ? "to" : "from", label(index)));
}

Status RtnlLinks::add_address(IfIndex index, const IpPrefix &address) {
    return change_address(index, address, true);
}

Status RtnlLinks::remove_address(IfIndex index, const IpPrefix &address) {
    return change_address(index, address, false);
}

} // namespace coax
