// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/secret_bytes.h"

namespace coax {

/// What a file or directory with secrets should look like.
struct PrivateMode {
    std::uint32_t expected;   // 0600, or 0700 of a directory
    std::string_view if_read; // what to do when others may have read it; ends the error's text
};

/// Not open to group or others, and of this process's user or root: else another user could read or
/// plant what is in it. `path` is for the error (kPermission).
Status check_private(const std::filesystem::path &path, int fd, const PrivateMode &mode);

/// All bytes of `fd` in memory that is wiped. kInvalid when there are more than `limit_bytes`.
Result<SecretBytes> read_secret(const std::filesystem::path &path, int fd, std::size_t limit_bytes);

} // namespace coax
