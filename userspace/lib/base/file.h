// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace coax {

/// Whole file as text; kNotFound when it does not exist, kInvalid when larger than `limit_bytes`.
Result<std::string> read_file(const std::filesystem::path &path, std::size_t limit_bytes);

/// Writes a temporary file beside `path`, fsyncs, renames: readers see the old or the new content,
/// never half of it; a full disk leaves the old file.
Status write_file_atomically(const std::filesystem::path &path, std::string_view content,
                             std::uint32_t mode);

/// Creates the directory (and parents) with `mode`; corrects the mode of an existing one.
Status ensure_directory(const std::filesystem::path &path, std::uint32_t mode);

} // namespace coax
