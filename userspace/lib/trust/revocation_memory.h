// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/trust/revocation_list.h"

namespace coax {

/// The revocation list in force, kept in a file across restarts.
/// What was taken once stays in force, also when its CA is no longer an anchor.
/// Threads: one. Failure: a list that cannot be written is in force all the same, and passed on;
/// unsaved() says why, save() tries again.
class RevocationMemory {
  public:
    struct Offer {
        bool taken = false; // false without a refusal: it is the one in force
        std::optional<Refusal> refused;
    };

    /// Without a file: the empty list of version 0. kInvalid when the file is damaged: the error
    /// names it, and nothing is in force then.
    static Result<RevocationMemory> open(const std::filesystem::path &path);

    /// Takes `bytes` if verify_revocation_list() does and its version is higher.
    Offer offer(std::string_view bytes, const TrustAnchors &anchors);
    /// Writes what is not written yet.
    Status save();

    /// Why a restart would know an older list; empty: it would not.
    [[nodiscard]] const std::string &unsaved() const { return unsaved_; }

    [[nodiscard]] const RevocationList &list() const { return list_; }
    /// As signed, to be passed on; empty when there is none.
    [[nodiscard]] const std::string &bytes() const { return bytes_; }

  private:
    explicit RevocationMemory(std::filesystem::path path) : path_(std::move(path)) {}

    std::filesystem::path path_;
    RevocationList list_;
    std::string bytes_;
    std::string unsaved_;
};

/// The list in a file: armour with kRevocationLabel. Errors name the file.
Result<std::string> read_revocation_file(const std::filesystem::path &path);
Status write_revocation_file(const std::filesystem::path &path, std::string_view bytes);

} // namespace coax
