// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "lib/wireguard/wireguard.h"

namespace coax {

/// The text protocol of user-space WireGuard (https://www.wireguard.com/xplatform/). Pure.

/// Answer to "get=1". kInvalid names the line that was not understood; unknown keys are skipped.
/// A non-zero errno in the answer is returned as that error.
Result<WgDevice> parse_uapi_device(std::string_view text);

/// The errno of an answer (positive, 0 = done); kInvalid when the answer does not end in one.
Result<int> parse_uapi_errno(std::string_view text);

/// "set=1" with everything the delta names; peers are set before any is removed.
/// Holds the private key when the delta sets it: wipe it with wipe_text().
std::string format_uapi_set(const WgDelta &delta, const PrivateKey &private_key);

/// Overwrites the characters, also those of a buffer that was longer once.
void wipe_text(std::string &text);

} // namespace coax
