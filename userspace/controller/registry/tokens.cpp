// SPDX-License-Identifier: Apache-2.0
#include "controller/registry/tokens.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <sodium.h>

#include "controller/registry/keys.h"
#include "controller/registry/nodes.h"
#include "lib/base/secret.h"
#include "lib/base/text.h"
#include "lib/trust/wire.h"

namespace coax::controller {
namespace {

constexpr std::size_t kIdBytes = 5; // 10 digits
constexpr int kEncoding = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
constexpr std::chrono::days kDefaultValid(1);

using TokenSecret = Secret<kTokenSecretBytes>;

std::string hash_of(const TokenSecret &secret) {
    std::array<std::uint8_t, crypto_hash_sha256_BYTES> hash{};
    crypto_hash_sha256(hash.data(), secret.expose().data(), secret.expose().size());
    return std::string(text_of(hash));
}

std::string random_id() {
    std::array<std::uint8_t, kIdBytes> bytes{};
    randombytes_buf(bytes.data(), bytes.size());
    std::string id;
    for (const std::uint8_t byte : bytes)
        id += fmt::format("{:02x}", byte);
    return id;
}

std::string encode(const TokenSecret &secret) {
    std::string text(sodium_base64_ENCODED_LEN(kTokenSecretBytes, kEncoding), '\0');
    sodium_bin2base64(text.data(), text.size(), secret.expose().data(), kTokenSecretBytes,
                      kEncoding);
    text.pop_back(); // the end of a C string
    return text;
}

std::optional<TokenSecret> decode(std::string_view text) {
    TokenSecret secret;
    std::size_t length = 0;
    const char *end = nullptr;
    const auto out = secret.expose_mutable();
    const int failed = sodium_base642bin(out.data(), out.size(), text.data(), text.size(), nullptr,
                                         &length, &end, kEncoding);
    if (failed != 0 || length != kTokenSecretBytes || end != text.data() + text.size())
        return std::nullopt;
    return secret;
}

bool is_id(std::string_view text) {
    return text.size() == kIdBytes * 2 && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

Status check_request(const v1::CreateTokenRequest &request) {
    const auto longest = std::chrono::seconds(kTokenValidMax);
    if (request.uses() > kTokenUsesMax)
        return Error(ErrorCode::kInvalid, fmt::format("token.uses: expected at most {}, found {}",
                                                      kTokenUsesMax, request.uses()));
    if (request.valid_seconds() > longest.count())
        return Error(ErrorCode::kInvalid,
                     fmt::format("token.valid_seconds: expected at most {}, found {}; make another "
                                 "when it is over",
                                 longest.count(), request.valid_seconds()));
    if (request.comment().size() > kTokenCommentMax)
        return Error(ErrorCode::kInvalid,
                     fmt::format("token.comment: expected at most {} bytes, found {}",
                                 kTokenCommentMax, request.comment().size()));
    return {};
}

} // namespace

std::string_view token_id(std::string_view text) {
    const std::string_view id = text.substr(0, text.find('.'));
    return text.size() <= kTokenTextMax && id.size() < text.size() && is_id(id) ? id : "";
}

bool fits(std::string_view text, const record::Token &token) {
    const std::string_view id = token_id(text);
    if (id.empty() || id != token.id())
        return false;
    const std::optional<TokenSecret> secret = decode(text.substr(id.size() + 1));
    if (!secret)
        return false;
    const std::string hash = hash_of(*secret);
    return hash.size() == token.secret_hash().size() &&
           sodium_memcmp(hash.data(), token.secret_hash().data(), hash.size()) == 0;
}

bool used_by(const record::Token &token, std::string_view public_key) {
    return std::any_of(token.used_by().begin(), token.used_by().end(),
                       [&](const record::Token::Use &u) { return u.public_key() == public_key; });
}

void use(record::Token &token, std::string_view name, std::string_view public_key) {
    token.set_uses_left(token.uses_left() - 1);
    record::Token::Use *added = token.add_used_by();
    added->set_name(std::string(name));
    added->set_public_key(std::string(public_key));
}

Result<TokenRegistry::Created> TokenRegistry::create(const v1::CreateTokenRequest &request,
                                                     const std::string &who) {
    COAX_TRY(check_request(request));
    TokenSecret secret;
    randombytes_buf(secret.expose_mutable().data(), kTokenSecretBytes);
    const UnixTime now = writer_.now();
    const std::chrono::seconds valid = request.valid_seconds() == 0
                                           ? std::chrono::seconds(kDefaultValid)
                                           : std::chrono::seconds(request.valid_seconds());
    record::Token token;
    token.set_id(random_id());
    token.set_secret_hash(hash_of(secret));
    token.set_comment(request.comment());
    token.set_uses_left(std::max(request.uses(), 1U));
    token.set_created(time_to_wire(now));
    token.set_expires(time_to_wire(now + valid));
    token.set_created_by(who);
    COAX_TRY(writer_.commit(who, [&](Change &change) -> Status {
        COAX_ASSIGN_OR_RETURN(const auto other, change.read(token_key(token.id())));
        if (other)
            return Error(ErrorCode::kExists, "a token has this random id already; try again");
        change.put(token_key(token.id()), token);
        change.note("token.create", "token " + token.id(),
                    fmt::format("uses {}, until {}, comment {}", token.uses_left(),
                                time_text(now + valid), coax::quoted(token.comment())));
        return {};
    }));
    return Created{token, token.id() + "." + encode(secret)};
}

Result<Revision> TokenRegistry::remove(const std::string &id, const std::string &who) {
    const auto unknown = [&] {
        return Error(ErrorCode::kNotFound,
                     fmt::format("there is no token {}; `coax tokens` lists them; give its id, "
                                 "which is in front of the dot",
                                 coax::quoted(id.substr(0, id.find('.')))));
    };
    if (!is_id(id)) // a whole token must not become a key, which errors may show
        return unknown();
    return writer_.commit(who, [&](Change &change) -> Status {
        COAX_ASSIGN_OR_RETURN(const auto token, change.read<record::Token>(token_key(id)));
        if (!token)
            return unknown();
        change.remove(token_key(id));
        change.note("token.remove", "token " + id, fmt::format("uses left {}", token->uses_left()));
        return {};
    });
}

} // namespace coax::controller
