// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/guarded.h"
#include "lib/base/result.h"
#include "lib/trust/ssh_public_key.h"

namespace coax::controller {

enum class Role { kOperator, kReadOnly };

std::string_view role_name(Role role); // "operator", "read-only"

struct OperatorEntry {
    SshPublicKey key;
    Role role = Role::kReadOnly;
    std::string who; // the comment of the key, else its fingerprint
};

/// Lines "operator ssh-ed25519 AAAA... comment" or "read-only ...", empty ones, and comments with #.
/// kInvalid "FILE:LINE: expected ...", also for a key that is there twice.
Result<std::vector<OperatorEntry>> parse_operators(std::string_view text, std::string_view file);

/// Who may log in. Read again when the file has changed.
/// Threads: any. Failure: while the file is missing or wrong nobody may: the error says why.
class OperatorsFile {
  public:
    explicit OperatorsFile(std::filesystem::path path) : path_(std::move(path)) {}

    /// Nothing when the key is not in the file.
    Result<std::optional<OperatorEntry>> find(const SshPublicKey &key);

  private:
    using Entries = std::shared_ptr<const std::vector<OperatorEntry>>;
    struct Seen {
        std::string stamp; // of the file that was read; empty: none
        Entries entries;
    };

    Result<Entries> now();

    std::filesystem::path path_;
    Guarded<Seen> seen_;
};

} // namespace coax::controller
