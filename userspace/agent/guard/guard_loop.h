// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/guard/boot_guard.h"
#include "agent/service/service_manager.h"

namespace coax {

/// The first pass, READY to the service manager, then a pass whenever an interface appears, until
/// SIGTERM, SIGINT or `coax down`. What was guarded stays guarded. The error is that of a pass.
Status run_guard_loop(BootGuard &guard, const ServiceManager &service, const Log &log);

} // namespace coax
