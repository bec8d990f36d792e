// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "agent/guard/boot_guard.h"
#include "lib/process/service_manager.h"

namespace coax {

/// Reads the configuration anew.
using LoadState = std::function<Result<DesiredStatePtr>()>;

/// The first pass, READY to the service manager, then a pass whenever an interface appears, and every
/// two seconds while an agent has the uplinks, until SIGTERM, SIGINT or `coax down`. What was guarded
/// stays guarded. SIGHUP: `load`; where that fails, the old configuration stays. The error is that of
/// a pass.
Status run_guard_loop(BootGuard &guard, LoadState load, const ServiceManager &service,
                      const Log &log);

} // namespace coax
