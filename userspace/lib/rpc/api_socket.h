// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"

// A unix socket whose mode is the access control.
namespace coax {

/// kInvalid when no socket can have this path; `option` says where it comes from.
Status check_socket_path(const std::string &path, std::string_view option);

/// Mode 0660, group coax where that group exists (else root's).
Status restrict_to_group(const std::string &path);

} // namespace coax
