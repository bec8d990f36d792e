// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/state/desired_state.h"

namespace coax {

/// Parses and validates a TOML configuration. Errors are kInvalid and read
/// "FILE:LINE: KEY: expected ..., found ...". Touches nothing outside `text`.
Result<DesiredStatePtr> parse_config(std::string_view text, const std::string &file_name);

/// read_file + parse_config.
Result<DesiredStatePtr> load_config(const std::filesystem::path &path);

/// What a reload cannot change (instance, node id, pool, directories): kInvalid naming the key.
Status check_reloadable(const DesiredState &from, const DesiredState &to);

/// The options as a Markdown table: name, type, default, range, reloadable, sentence.
std::string config_reference_markdown();
/// The same for `coaxd --help-config`, at most 80 columns.
std::string config_reference_text();

} // namespace coax
