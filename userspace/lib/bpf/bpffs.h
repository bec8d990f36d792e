// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"

namespace coax {

/// Mounts a bpffs at /sys/fs/bpf unless one is there. Appends a note when the mount will
/// vanish with this process's mount namespace (then a restart finds no data path).
Status ensure_bpffs(std::vector<std::string> &notes);

} // namespace coax
