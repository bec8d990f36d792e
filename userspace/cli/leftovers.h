// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lib/base/result.h"

namespace coax {
class Links;
class WireGuard;
} // namespace coax

namespace coax::cli {

struct LeftoverReport {
    std::vector<std::string> removed; // one line per thing
    std::vector<std::string> failed;  // one line per thing that is still there, with the reason
};

/// What a dead agent left in the kernel and beside it.
class Leftovers {
  public:
    virtual ~Leftovers() = default;
    /// Removes what `instance` made and nothing else; goes on after a failure. `run_dir`: where its
    /// socket is. kPermission: the caller is not root. kBusy: the agent lives, it only does not answer.
    virtual Result<LeftoverReport> remove(const std::string &instance,
                                          const std::string &run_dir) = 0;
};

/// What remove_leftovers() works with. Borrowed.
struct LeftoverTools {
    Links &links;
    WireGuard *userspace = nullptr; // wireguard-go devices; null where there is none
    std::function<bool(const std::string &instance)> has_pins;
    std::function<Status(const std::string &instance)> remove_datapath;
};

/// Programs first (a port without its program carries nothing), then every link whose alias begins
/// with "coax <instance> ", then lanes' wireguard-go processes that lost their link.
LeftoverReport remove_leftovers(const std::string &instance, const LeftoverTools &tools);

} // namespace coax::cli
