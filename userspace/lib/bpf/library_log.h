// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace coax {

/// libbpf and libxdp print to stderr on their own, also for errors we handle: their lines become
/// debug lines of spdlog's default logger. Idempotent.
void route_library_logs();

} // namespace coax
