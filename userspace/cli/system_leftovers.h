// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/leftovers.h"

namespace coax::cli {

/// Leftovers in the caller's network and mount namespace. Blocking; opens what it needs per call.
class SystemLeftovers final : public Leftovers {
  public:
    Result<LeftoverReport> remove(const std::string &instance, const std::string &run_dir) override;
};

} // namespace coax::cli
