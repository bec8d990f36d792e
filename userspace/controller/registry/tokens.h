// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "controller/registry/change.h"
#include "lib/trust/ssh_public_key.h"
#include "store.pb.h"

namespace coax::controller {

inline constexpr std::size_t kTokenSecretBytes = 32;
inline constexpr std::size_t kTokenTextMax = 128; // "ID.SECRET"
inline constexpr std::uint32_t kTokenUsesMax = 100000;
inline constexpr std::chrono::days kTokenValidMax{366};
inline constexpr std::size_t kTokenCommentMax = 200;

/// "ID" of "ID.SECRET"; empty when it has not that form.
std::string_view token_id(std::string_view text);
/// Whether the secret of "ID.SECRET" is that of `token`. Constant time.
bool fits(std::string_view text, const record::Token &token);
/// Whether this node has used it before: it may show it again.
bool used_by(const record::Token &token, std::string_view public_key);
/// Takes one use away.
void use(record::Token &token, std::string_view name, std::string_view public_key);

/// What lets new nodes ask for admission. The store has only hashes of the secrets.
/// Threads: any. `writer` outlives it. Errors: as Writer.
class TokenRegistry {
  public:
    struct Created {
        record::Token token;
        std::string secret; // "ID.SECRET"; nowhere else
    };

    explicit TokenRegistry(Writer &writer) : writer_(writer) {}

    /// kInvalid when a value is out of range.
    Result<Created> create(const v1::CreateTokenRequest &request, const std::string &who);
    Result<Revision> remove(const std::string &id, const std::string &who);

  private:
    Writer &writer_;
};

} // namespace coax::controller
