// SPDX-License-Identifier: Apache-2.0
#include "lib/control/join_token.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>
#include <sodium.h>

#include "lib/base/text.h"
#include "lib/trust/binding.h"
#include "lib/trust/wire.h"

namespace coax {
namespace {

constexpr std::string_view kWord = "coax";
constexpr std::string_view kHead = "coax1-";
constexpr std::string_view kMagic = "coax-join";
constexpr std::size_t kChecksumBytes = 4;
constexpr std::size_t kAddressMax = 255 + 6; // a DNS name, a colon and a port
constexpr std::size_t kSecretMax = 256;
constexpr std::size_t kCasMax = 16;
constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

/// Finds slips of whoever copies; against who forges there is the way the token takes.
std::string checksum(std::string_view bytes) {
    std::array<std::uint8_t, crypto_hash_sha256_BYTES> hash{};
    crypto_hash_sha256(hash.data(), bytes_of(bytes), bytes.size());
    return std::string(text_of(hash).substr(0, kChecksumBytes));
}

std::string encode(std::string_view bytes) {
    std::string out(sodium_base64_encoded_len(bytes.size(), kVariant), '\0');
    sodium_bin2base64(out.data(), out.size(), bytes_of(bytes), bytes.size(), kVariant);
    out.pop_back(); // the zero that libsodium writes behind it
    return out;
}

std::optional<std::string> decode(std::string_view text) {
    std::string out(text.size() + 1, '\0'); // never without an address
    std::size_t length = 0;
    auto *to = static_cast<std::uint8_t *>(static_cast<void *>(out.data()));
    if (sodium_base642bin(to, out.size(), text.data(), text.size(), nullptr, &length, nullptr,
                          kVariant) != 0)
        return std::nullopt;
    out.resize(length);
    return out;
}

Error damaged(std::string_view why) {
    return {ErrorCode::kInvalid,
            fmt::format("join token: {}; copy the whole of what `coax token create` printed, or "
                        "make a new one",
                        why)};
}

/// The bytes behind "coax1-" and before the checksum.
Result<std::string> open(std::string_view text) {
    if (text.size() > kJoinTokenBytesMax)
        return damaged(
            fmt::format("{} characters, expected at most {}", text.size(), kJoinTokenBytesMax));
    const std::size_t dash = text.find('-');
    if (!text.starts_with(kWord) || dash == std::string_view::npos)
        return damaged(fmt::format("expected one word that begins with {}", kHead));
    if (!text.starts_with(kHead)) {
        const std::string_view form = text.substr(kWord.size(), dash - kWord.size());
        std::uint32_t number = 0;
        const auto [stop, error] = std::from_chars(form.begin(), form.end(), number);
        if (error != std::errc() || stop != form.end() || number == 0)
            return damaged(fmt::format("expected one word that begins with {}", kHead));
        return Error(ErrorCode::kVersion,
                     fmt::format("join token of form {}, this coax knows form 1: update coax on "
                                 "this node",
                                 number));
    }
    const auto bytes = decode(text.substr(kHead.size()));
    if (!bytes || bytes->size() < kChecksumBytes)
        return damaged("a character of it is wrong, or its end is missing");
    const std::string_view all = *bytes;
    const std::string_view body = all.substr(0, all.size() - kChecksumBytes);
    if (checksum(body) != all.substr(body.size()))
        return damaged("a character of it is wrong, or a part is missing");
    return std::string(body);
}

bool is_network_id(std::string_view text) {
    return text.size() <= kNetworkIdMax && is_node_name(text.substr(0, kNodeNameMax)) &&
           (text.size() <= kNodeNameMax || is_node_name(text.substr(kNodeNameMax)));
}

/// "host:port" with what may be in a host: a name, IPv4, or IPv6 in brackets.
bool is_controller(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0 || text.size() > kAddressMax)
        return false;
    const std::string_view host = text.substr(0, colon);
    const std::string_view port = text.substr(colon + 1);
    std::uint16_t number = 0;
    const auto [stop, error] = std::from_chars(port.begin(), port.end(), number);
    const bool bracketed = host.front() == '[' && host.back() == ']' && host.size() > 2;
    constexpr std::string_view kHostCharacters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
        "0123456789.-_";
    const std::string_view inside = bracketed ? host.substr(1, host.size() - 2) : host;
    const bool clean = std::all_of(inside.begin(), inside.end(), [&](char c) {
        return kHostCharacters.find(c) != std::string_view::npos ||
               (bracketed && (c == ':' || c == '%'));
    });
    return clean && error == std::errc() && stop == port.end() && number != 0;
}

Status check(const JoinToken &token) {
    if (!is_network_id(token.network_id))
        return damaged("the network id in it is none");
    if (token.controllers.empty() || token.controllers.size() > kJoinControllersMax)
        return damaged(fmt::format("expected 1 to {} controllers in it, found {}",
                                   kJoinControllersMax, token.controllers.size()));
    for (const std::string &controller : token.controllers) {
        if (!is_controller(controller))
            return damaged(fmt::format("expected host:port of a controller, found {}",
                                       coax::quoted(controller)));
    }
    if (token.tls_certificate.empty())
        return damaged("the controllers' certificate is missing in it");
    if (token.secret.empty() || token.secret.size() > kSecretMax)
        return damaged("the secret in it is missing or too long");
    if (token.cas.size() > kCasMax)
        return damaged(
            fmt::format("expected at most {} CAs in it, found {}", kCasMax, token.cas.size()));
    return {};
}

} // namespace

std::string JoinToken::to_text() const {
    WireWriter addresses;
    for (const std::string &controller : controllers)
        addresses.string(controller);
    WireWriter keys;
    for (const SshPublicKey &ca : cas)
        keys.string(ca.bytes);
    WireWriter body;
    body.string(kMagic);
    body.string(network_id);
    body.string(addresses.bytes());
    body.string(tls_certificate);
    body.string(secret);
    body.string(keys.bytes());
    body.raw(checksum(body.bytes()));
    return std::string(kHead) + encode(body.bytes());
}

Result<JoinToken> JoinToken::parse(std::string_view text) {
    COAX_ASSIGN_OR_RETURN(const std::string body, open(text));
    WireReader reader(body);
    if (reader.string() != kMagic)
        return damaged("this is no join token");
    JoinToken token;
    token.network_id = reader.string();
    WireReader addresses(reader.string());
    while (!addresses.done())
        token.controllers.emplace_back(addresses.string());
    token.tls_certificate = reader.string();
    token.secret = reader.string();
    WireReader keys(reader.string());
    while (!keys.done())
        token.cas.push_back({keys.fixed_string<32>()});
    if (reader.failed() || !reader.rest().empty() || addresses.failed() || keys.failed())
        return damaged("a length in it is wrong");
    COAX_TRY(check(token));
    return token;
}

} // namespace coax
