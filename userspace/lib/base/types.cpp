// SPDX-License-Identifier: Apache-2.0
#include "lib/base/types.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sodium.h>

#include <fmt/format.h>

#include "lib/base/text.h"

namespace coax {
namespace {

constexpr std::array<std::uint8_t, 12> kV4MappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

Error unexpected(std::string_view expected, std::string_view found) {
    return {ErrorCode::kInvalid, fmt::format("expected {}, found {}", expected, quoted(found))};
}

std::optional<std::uint8_t> hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return static_cast<std::uint8_t>(c - '0');
    if (c >= 'a' && c <= 'f')
        return static_cast<std::uint8_t>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F')
        return static_cast<std::uint8_t>(c - 'A' + 10);
    return std::nullopt;
}

/// Decimal digits only: no sign, no leading zero, at most `max`.
std::optional<std::uint32_t> parse_decimal(std::string_view text, std::uint32_t max) {
    if (text.empty() || (text.size() > 1 && text.front() == '0'))
        return std::nullopt;
    std::uint32_t value = 0;
    const char *end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end || value > max)
        return std::nullopt;
    return value;
}

/// Bytes of the address that its prefix length counts over: all 16, or the last 4 of IPv4.
std::size_t first_byte(const IpAddress &address) {
    return address.is_v4() ? kV4MappedPrefix.size() : 0;
}

/// Mask of the `length`-bit prefix within byte `index` of an address.
std::uint8_t prefix_mask(std::size_t index, std::size_t length) {
    const std::size_t from = index * 8;
    if (length >= from + 8)
        return 0xff;
    if (length <= from)
        return 0;
    return static_cast<std::uint8_t>(0xff00U >> (length - from));
}

} // namespace

Result<MacAddress> MacAddress::parse(std::string_view text) {
    constexpr std::size_t kLength = 17;
    const auto error = [text] {
        return unexpected("a MAC address such as 02:00:5e:00:53:01", text);
    };
    if (text.size() != kLength)
        return error();
    MacAddress mac;
    for (std::size_t i = 0; i < mac.bytes.size(); ++i) {
        const auto high = hex_digit(text[3 * i]);
        const auto low = hex_digit(text[3 * i + 1]);
        const bool separated = i == 0 || text[3 * i - 1] == ':';
        if (!high || !low || !separated)
            return error();
        mac.bytes[i] = static_cast<std::uint8_t>(*high << 4U | *low);
    }
    return mac;
}

std::string MacAddress::to_string() const {
    return fmt::format("{:02x}", fmt::join(bytes, ":"));
}

Result<IpAddress> IpAddress::parse(std::string_view text) {
    const std::string zero_terminated(text);
    std::array<std::uint8_t, 16> bytes{};
    in_addr v4_address{};
    if (text.find('\0') == std::string_view::npos) {
        if (inet_pton(AF_INET, zero_terminated.c_str(), &v4_address) == 1)
            return v4(ntohl(v4_address.s_addr));
        // A mapped address would silently turn into IPv4: one spelling per address.
        if (inet_pton(AF_INET6, zero_terminated.c_str(), bytes.data()) == 1 &&
            !IpAddress(bytes).is_v4())
            return IpAddress(bytes);
    }
    return unexpected("an IP address such as 192.0.2.1 or 2001:db8::1", text);
}

IpAddress IpAddress::v4(std::uint32_t host_order) {
    std::array<std::uint8_t, 16> bytes{};
    std::copy(kV4MappedPrefix.begin(), kV4MappedPrefix.end(), bytes.begin());
    for (std::size_t i = 0; i < 4; ++i)
        bytes[12 + i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
    return IpAddress(bytes);
}

bool IpAddress::is_v4() const {
    return std::equal(kV4MappedPrefix.begin(), kV4MappedPrefix.end(), bytes_.begin());
}

std::uint32_t IpAddress::v4_host_order() const {
    std::uint32_t value = 0;
    for (std::size_t i = 12; i < bytes_.size(); ++i)
        value = value << 8U | bytes_[i];
    return value;
}

std::uint32_t IpAddress::v4_be() const {
    return htonl(v4_host_order());
}

bool IpAddress::is_unspecified() const {
    return std::all_of(bytes_.begin() + static_cast<std::ptrdiff_t>(first_byte(*this)),
                       bytes_.end(), [](std::uint8_t byte) { return byte == 0; });
}

std::string IpAddress::to_string() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const int family = is_v4() ? AF_INET : AF_INET6;
    if (inet_ntop(family, bytes_.data() + first_byte(*this), text.data(), text.size()) == nullptr)
        return {};
    return text.data();
}

Result<IpPrefix> IpPrefix::parse(std::string_view text) {
    const auto error = [text] {
        return unexpected("an address with prefix length such as 192.0.2.0/24", text);
    };
    const auto slash = text.find('/');
    if (slash == std::string_view::npos)
        return error();
    const auto address = IpAddress::parse(text.substr(0, slash));
    if (!address.ok())
        return error();
    const auto length = parse_decimal(text.substr(slash + 1), address->is_v4() ? 32 : 128);
    if (!length)
        return error();
    return IpPrefix{*address, static_cast<std::uint8_t>(*length)};
}

IpPrefix IpPrefix::network() const {
    const std::size_t first = first_byte(address);
    auto bytes = address.bytes();
    for (std::size_t i = first; i < bytes.size(); ++i)
        bytes[i] &= prefix_mask(i - first, length);
    return {IpAddress::from_bytes(bytes), length};
}

bool IpPrefix::contains(const IpAddress &other) const {
    return address.is_v4() == other.is_v4() &&
           IpPrefix{other, length}.network().address == network().address;
}

bool IpPrefix::overlaps(const IpPrefix &other) const {
    return length <= other.length ? contains(other.address) : other.contains(address);
}

std::string IpPrefix::to_string() const {
    return fmt::format("{}/{}", address.to_string(), length);
}

Result<SocketAddress> SocketAddress::parse(std::string_view text) {
    const auto error = [text] {
        return unexpected("an address with port such as 192.0.2.1:51820 or [2001:db8::1]:51820",
                          text);
    };
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos)
        return error();
    std::string_view host = text.substr(0, colon);
    const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
    if (bracketed)
        host = host.substr(1, host.size() - 2);
    const auto address = IpAddress::parse(host);
    const auto port = parse_decimal(text.substr(colon + 1), 0xffff);
    if (!address.ok() || !port || *port == 0 || bracketed == address->is_v4())
        return error();
    return SocketAddress{*address, UdpPort(static_cast<std::uint16_t>(*port))};
}

std::string SocketAddress::to_string() const {
    const std::string host = address.to_string();
    return address.is_v4() ? fmt::format("{}:{}", host, port.value())
                           : fmt::format("[{}]:{}", host, port.value());
}

Result<PublicKey> PublicKey::parse(std::string_view base64) {
    PublicKey key;
    std::size_t length = 0;
    const bool decoded =
        sodium_base642bin(key.bytes.data(), key.bytes.size(), base64.data(), base64.size(), nullptr,
                          &length, nullptr, sodium_base64_VARIANT_ORIGINAL) == 0;
    if (!decoded || length != key.bytes.size())
        return unexpected("a public key of 44 base64 characters, as `coax key` prints it", base64);
    return key;
}

std::string PublicKey::to_string() const {
    constexpr std::size_t kTextBytes =
        sodium_base64_ENCODED_LEN(sizeof(bytes), sodium_base64_VARIANT_ORIGINAL);
    std::array<char, kTextBytes> text{};
    sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(),
                      sodium_base64_VARIANT_ORIGINAL);
    return text.data();
}

} // namespace coax
