// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/vtep.h"
#include "lib/trust/unix_time.h"

namespace coax {

/// Which set of lane keys a node uses: one line of a file, so that a change begins and ends at once.
struct KeyState {
    KeySet in_use = KeySet::kFirst;
    bool changing = false; // the other set is there, too: what is to be used next
    UnixTime since;        // when the set in use was made, or the change began
    bool operator==(const KeyState &) const = default;

    /// "first settled 1795305600\n", "second changing 1795305600\n".
    [[nodiscard]] std::string to_text() const;
    /// kInvalid for anything else.
    static Result<KeyState> parse(std::string_view text);
};

/// Absent: there is no such file yet.
Result<std::optional<KeyState>> read_key_state(const std::filesystem::path &path);
Status write_key_state(const std::filesystem::path &path, const KeyState &state);

} // namespace coax
