// SPDX-License-Identifier: Apache-2.0
#include "lib/wireguard/uapi_codec.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <iterator>

#include <fmt/format.h>
#include <sodium.h>

#include "lib/base/text.h"

namespace coax {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kHexChars = 2 * kKeyBytes;
constexpr std::array<std::uint8_t, kKeyBytes> kNoPresharedKey{};
constexpr std::int64_t kErrnoMax = 4095; // the kernel's MAX_ERRNO
constexpr std::size_t kShownBytes = 40;  // of a bad line, in an error
constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;
constexpr std::uint64_t kSecondsMax =
    9'000'000'000; // beyond year 2250 a nanosecond clock overflows

struct Line {
    std::string_view key;
    std::string_view value;
};

/// Names the key only: the value may be a private key.
Error bad_value(const Line &line, std::string_view expected) {
    const bool secret = line.key == "private_key" || line.key == "preshared_key";
    return {ErrorCode::kInvalid,
            fmt::format("WireGuard answer: {}: expected {}, found {}",
                        quoted(line.key, kShownBytes), expected,
                        secret ? "(hidden)" : quoted(line.value, kShownBytes))};
}

template <typename Integer>
Result<Integer> parse_integer(const Line &line) {
    Integer value{};
    const char *end = line.value.data() + line.value.size();
    const auto [stop, error] = std::from_chars(line.value.data(), end, value);
    if (error != std::errc{} || stop != end || line.value.empty())
        return bad_value(line, "a number in range");
    return value;
}

Status parse_hex(const Line &line, std::span<std::uint8_t, kKeyBytes> key) {
    std::size_t decoded = 0;
    if (line.value.size() != kHexChars ||
        sodium_hex2bin(key.data(), key.size(), line.value.data(), line.value.size(), nullptr,
                       &decoded, nullptr) != 0 ||
        decoded != key.size())
        return bad_value(line, "64 hexadecimal digits");
    return {};
}

/// Builds the device line by line.
class DeviceParser {
  public:
    Status take(const Line &line);
    Result<WgDevice> finish();

  private:
    Status take_device(const Line &line);
    Status take_peer(const Line &line);
    Status take_counter(const Line &line);
    Status start_peer(const Line &line);

    WgDevice device_;
    WgPeerStatus *peer_ = nullptr;
    std::uint64_t handshake_s_ = 0;
    std::optional<std::int64_t> errno_;
};

Status DeviceParser::take(const Line &line) {
    if (line.key == "errno") {
        COAX_ASSIGN_OR_RETURN(errno_, parse_integer<std::int64_t>(line));
        return {};
    }
    if (line.key == "public_key")
        return start_peer(line);
    return peer_ == nullptr ? take_device(line) : take_peer(line);
}

Status DeviceParser::take_device(const Line &line) {
    if (line.key == "private_key") {
        PrivateKey key;
        COAX_TRY(parse_hex(line, key.expose_mutable()));
        device_.public_key = public_key_of(key);
    } else if (line.key == "listen_port") {
        COAX_ASSIGN_OR_RETURN(const auto port, parse_integer<std::uint16_t>(line));
        device_.listen_port = UdpPort(port);
    }
    return {};
}

Status DeviceParser::start_peer(const Line &line) {
    PublicKey key;
    COAX_TRY(parse_hex(line, key.bytes));
    peer_ = &device_.peers[key];
    handshake_s_ = 0;
    return {};
}

Status DeviceParser::take_peer(const Line &line) {
    if (line.key == "endpoint") {
        COAX_ASSIGN_OR_RETURN(peer_->config.endpoint, SocketAddress::parse(line.value));
    } else if (line.key == "allowed_ip") {
        COAX_ASSIGN_OR_RETURN(const IpPrefix prefix, IpPrefix::parse(line.value));
        peer_->config.allowed_ips.push_back(prefix);
    } else if (line.key == "persistent_keepalive_interval") {
        COAX_ASSIGN_OR_RETURN(const auto seconds, parse_integer<std::uint16_t>(line));
        peer_->config.keepalive = std::chrono::seconds(seconds);
    } else if (line.key == "preshared_key") {
        PrivateKey key;
        COAX_TRY(parse_hex(line, key.expose_mutable()));
        peer_->has_preshared_key = sodium_is_zero(key.expose().data(), kKeyBytes) == 0;
    } else {
        return take_counter(line);
    }
    return {};
}

Status DeviceParser::take_counter(const Line &line) {
    if (line.key == "rx_bytes") {
        COAX_ASSIGN_OR_RETURN(peer_->rx_bytes, parse_integer<std::uint64_t>(line));
    } else if (line.key == "tx_bytes") {
        COAX_ASSIGN_OR_RETURN(peer_->tx_bytes, parse_integer<std::uint64_t>(line));
    } else if (line.key == "last_handshake_time_sec") {
        COAX_ASSIGN_OR_RETURN(handshake_s_, parse_integer<std::uint64_t>(line));
        if (handshake_s_ > kSecondsMax)
            return bad_value(line, "seconds since 1970");
        if (handshake_s_ != 0)
            peer_->last_handshake =
                std::chrono::system_clock::time_point(std::chrono::seconds(handshake_s_));
    } else if (line.key == "last_handshake_time_nsec") {
        COAX_ASSIGN_OR_RETURN(const auto nanoseconds, parse_integer<std::uint64_t>(line));
        if (nanoseconds >= kNanosecondsPerSecond)
            return bad_value(line, "nanoseconds of a second");
        if (peer_->last_handshake)
            *peer_->last_handshake += std::chrono::nanoseconds(nanoseconds);
    }
    return {};
}

Result<WgDevice> DeviceParser::finish() {
    if (!errno_)
        return Error(ErrorCode::kInvalid,
                     "WireGuard answer: expected errno=N at its end, found none");
    if (*errno_ < -kErrnoMax || *errno_ > kErrnoMax)
        return Error(ErrorCode::kInvalid, "WireGuard answer: errno is out of range");
    if (*errno_ != 0)
        return Error::from_errno("read the WireGuard device", static_cast<int>(std::abs(*errno_)));
    for (auto &[key, peer] : device_.peers)
        std::sort(peer.config.allowed_ips.begin(), peer.config.allowed_ips.end());
    return std::move(device_);
}

/// Calls `take` per "key=value" line until a blank line or the end.
template <typename Take>
Status for_each_line(std::string_view text, Take take) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty())
            return {};
        const std::size_t equals = line.find('=');
        if (equals == std::string_view::npos)
            return Error(ErrorCode::kInvalid,
                         "WireGuard answer: expected key=value, found a line without '='");
        COAX_TRY(take(Line{line.substr(0, equals), line.substr(equals + 1)}));
    }
    return {};
}

using Text = std::back_insert_iterator<std::string>;

void format_hex(std::string &text, std::string_view key, std::span<const std::uint8_t> bytes) {
    std::array<char, kHexChars + 1> hex{};
    sodium_bin2hex(hex.data(), hex.size(), bytes.data(), bytes.size());
    text.append(key).append("=").append(hex.data(), kHexChars).append("\n");
    sodium_memzero(hex.data(), hex.size());
}

/// Not less than the characters format_uapi_set() writes.
std::size_t size_of_set(const WgDelta &delta) {
    constexpr std::size_t kPrefixChars = 64;  // allowed_ip=, an IPv6 prefix, a newline
    constexpr std::size_t kPeerChars = 320;   // everything else of a peer
    constexpr std::size_t kDeviceChars = 256; // frame, private key, port
    std::size_t size = kDeviceChars + kPeerChars * delta.remove_peers.size();
    for (const auto &[key, change] : delta.set_peers)
        size += kPeerChars + (change.allowed_ips ? kPrefixChars * change.allowed_ips->size() : 0);
    return size;
}

void format_peer(std::string &text, const PublicKey &key, const WgPeerChange &change) {
    format_hex(text, "public_key", key.bytes);
    if (!change.add)
        text += "update_only=true\n";
    if (change.clear_preshared_key)
        format_hex(text, "preshared_key", kNoPresharedKey);
    if (change.endpoint)
        fmt::format_to(Text(text), "endpoint={}\n", change.endpoint->to_string());
    if (change.keepalive)
        fmt::format_to(Text(text), "persistent_keepalive_interval={}\n", change.keepalive->count());
    if (!change.allowed_ips)
        return;
    text += "replace_allowed_ips=true\n";
    for (const auto &prefix : *change.allowed_ips)
        fmt::format_to(Text(text), "allowed_ip={}\n", prefix.to_string());
}

} // namespace

Result<WgDevice> parse_uapi_device(std::string_view text) {
    DeviceParser parser;
    COAX_TRY(for_each_line(text, [&](const Line &line) { return parser.take(line); }));
    return parser.finish();
}

Result<int> parse_uapi_errno(std::string_view text) {
    std::optional<std::int64_t> found;
    COAX_TRY(for_each_line(text, [&](const Line &line) -> Status {
        if (line.key == "errno") {
            COAX_ASSIGN_OR_RETURN(found, parse_integer<std::int64_t>(line));
        }
        return {};
    }));
    if (!found || *found < -kErrnoMax || *found > kErrnoMax)
        return Error(
            ErrorCode::kInvalid,
            fmt::format("WireGuard answer: expected errno=N, found {}", quoted(text, kShownBytes)));
    return static_cast<int>(std::abs(*found));
}

std::string format_uapi_set(const WgDelta &delta, const PrivateKey &private_key) {
    std::string text;
    // Once and for all: growing later would leave a copy of the private key behind.
    text.reserve(size_of_set(delta));
    text += "set=1\n";
    if (delta.set_private_key)
        format_hex(text, "private_key", private_key.expose());
    if (delta.set_listen_port)
        fmt::format_to(Text(text), "listen_port={}\n", delta.set_listen_port->value());
    for (const auto &[key, change] : delta.set_peers)
        format_peer(text, key, change);
    for (const auto &key : delta.remove_peers) {
        format_hex(text, "public_key", key.bytes);
        text += "remove=true\n";
    }
    return text += "\n";
}

void wipe_text(std::string &text) {
    text.resize(text.capacity());
    sodium_memzero(text.data(), text.size());
    text.clear();
}

} // namespace coax
