// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/trust/ssh_public_key.h"

namespace coax {

struct TrustAnchor {
    SshPublicKey key;
    std::string comment;
};

/// The CAs this machine believes: more than one while the operator changes from an old to a new.
struct TrustAnchors {
    std::vector<TrustAnchor> cas; // at least one once read

    /// One public key per line as in a .pub file; empty lines and lines that begin with # do not
    /// count. kInvalid for anything else, "file:line: why", and when there is no key at all.
    static Result<TrustAnchors> parse(std::string_view text, std::string_view file);
    static Result<TrustAnchors> load(const std::filesystem::path &path);

    [[nodiscard]] bool contains(const SshPublicKey &key) const;
    /// "SHA256:... (comment), SHA256:..." for errors.
    [[nodiscard]] std::string to_string() const;
};

} // namespace coax
