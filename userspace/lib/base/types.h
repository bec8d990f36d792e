// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace coax {

/// An integer that cannot be mixed with another kind of integer.
template <typename Tag, typename Rep>
class StrongInt {
  public:
    constexpr StrongInt() = default;
    constexpr explicit StrongInt(Rep value) : value_(value) {}
    [[nodiscard]] constexpr Rep value() const { return value_; }
    constexpr auto operator<=>(const StrongInt &) const = default;

  private:
    Rep value_ = 0;
};

using NodeId = StrongInt<struct NodeIdTag, std::uint32_t>;   // 1..16777215
using Vni = StrongInt<struct VniTag, std::uint32_t>;         // 1..16777215
using IfIndex = StrongInt<struct IfIndexTag, std::uint32_t>; // 0 = none
using UdpPort = StrongInt<struct UdpPortTag, std::uint16_t>; // host order

/// 48-bit MAC address.
struct MacAddress {
    std::array<std::uint8_t, 6> bytes{};

    /// "02:00:5e:00:53:01", case-insensitive.
    static Result<MacAddress> parse(std::string_view text);
    [[nodiscard]] std::string to_string() const;
    [[nodiscard]] bool is_multicast() const { return (bytes[0] & 1U) != 0; }
    [[nodiscard]] bool is_zero() const { return bytes == std::array<std::uint8_t, 6>{}; }
    auto operator<=>(const MacAddress &) const = default;
};

/// IPv4 or IPv6 address, kept as 16 bytes in network order; IPv4 as ::ffff:a.b.c.d.
class IpAddress {
  public:
    IpAddress() = default;
    static Result<IpAddress> parse(std::string_view text);
    static IpAddress v4(std::uint32_t host_order);
    static IpAddress from_bytes(const std::array<std::uint8_t, 16> &bytes) {
        return IpAddress(bytes);
    }

    [[nodiscard]] bool is_v4() const;
    [[nodiscard]] std::uint32_t v4_host_order() const; // only when is_v4()
    [[nodiscard]] std::uint32_t v4_be() const;         // only when is_v4()
    [[nodiscard]] bool is_unspecified() const;         // 0.0.0.0 or ::
    [[nodiscard]] const std::array<std::uint8_t, 16> &bytes() const { return bytes_; }
    [[nodiscard]] std::string to_string() const;
    auto operator<=>(const IpAddress &) const = default;

  private:
    explicit IpAddress(const std::array<std::uint8_t, 16> &bytes) : bytes_(bytes) {}
    std::array<std::uint8_t, 16> bytes_{};
};

/// "192.0.2.1/24": address with a prefix length; host bits may be set (interface addresses).
struct IpPrefix {
    IpAddress address;
    std::uint8_t length = 0; // 0..32 for IPv4, 0..128 for IPv6

    static Result<IpPrefix> parse(std::string_view text);
    /// The same with host bits cleared.
    [[nodiscard]] IpPrefix network() const;
    [[nodiscard]] bool contains(const IpAddress &other) const;
    [[nodiscard]] bool overlaps(const IpPrefix &other) const;
    [[nodiscard]] std::string to_string() const;
    auto operator<=>(const IpPrefix &) const = default;
};

/// "192.0.2.1:51820" or "[2001:db8::1]:51820".
struct SocketAddress {
    IpAddress address;
    UdpPort port;

    static Result<SocketAddress> parse(std::string_view text);
    [[nodiscard]] std::string to_string() const;
    auto operator<=>(const SocketAddress &) const = default;
};

/// Curve25519 public key of a lane.
struct PublicKey {
    std::array<std::uint8_t, 32> bytes{};

    /// 44 characters of base64, as `wg pubkey` prints.
    static Result<PublicKey> parse(std::string_view base64);
    [[nodiscard]] std::string to_string() const;
    auto operator<=>(const PublicKey &) const = default;
};

} // namespace coax

template <typename Tag, typename Rep>
struct std::hash<coax::StrongInt<Tag, Rep>> {
    std::size_t operator()(const coax::StrongInt<Tag, Rep> &value) const noexcept {
        return std::hash<Rep>()(value.value());
    }
};

namespace coax {

/// FNV-1a over raw bytes, for hash tables of values we chose ourselves.
template <std::size_t N>
constexpr std::size_t hash_bytes(const std::array<std::uint8_t, N> &bytes) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const std::uint8_t byte : bytes)
        hash = (hash ^ byte) * 0x100000001b3ULL;
    return hash;
}

} // namespace coax

template <>
struct std::hash<coax::MacAddress> {
    std::size_t operator()(const coax::MacAddress &mac) const noexcept {
        return coax::hash_bytes(mac.bytes);
    }
};

template <>
struct std::hash<coax::IpAddress> {
    std::size_t operator()(const coax::IpAddress &address) const noexcept {
        return coax::hash_bytes(address.bytes());
    }
};

template <>
struct std::hash<coax::PublicKey> {
    std::size_t operator()(const coax::PublicKey &key) const noexcept {
        return coax::hash_bytes(key.bytes);
    }
};
