// SPDX-License-Identifier: Apache-2.0
// Join tokens: as text, and as bytes whose form and checksum are put right, so that what lies behind
// is reached too.
#include "lib/control/join_token.h"

#include <array>

#include <sodium.h>

#include "fuzz/require.h"
#include "lib/trust/wire.h"

using coax::fuzz::require;

namespace {

constexpr std::size_t kChecksumBytes = 4;
constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

void check(std::string_view text) {
    const auto token = coax::JoinToken::parse(text);
    if (!token.ok()) {
        require(!token.error().message().empty(), "an error says why");
        return;
    }
    require(token->to_text() == text, "a token has one form");
    require(!token->controllers.empty() && !token->secret.empty(), "a token can be used");
}

std::string whole(std::string_view body) {
    std::array<std::uint8_t, crypto_hash_sha256_BYTES> hash{};
    crypto_hash_sha256(hash.data(), coax::bytes_of(body), body.size());
    std::string bytes(body);
    bytes += coax::text_of(hash).substr(0, kChecksumBytes);
    std::string text(sodium_base64_encoded_len(bytes.size(), kVariant), '\0');
    sodium_bin2base64(text.data(), text.size(), coax::bytes_of(bytes), bytes.size(), kVariant);
    text.pop_back();
    return "coax1-" + text;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view input = coax::fuzz::as_text(data, size);
    check(input);
    check(whole(input));
    return 0;
}
