// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace coax::controller {

/// "0.1.0", from the top CMakeLists.txt.
std::string_view version();

} // namespace coax::controller
