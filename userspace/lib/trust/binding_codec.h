// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/trust/binding.h"

namespace coax {

/// Fields and bytes only; what values are in range is for Binding::decode().
std::string encode_binding(const Binding &binding);
Result<Binding> decode_binding(std::string_view payload);

} // namespace coax
