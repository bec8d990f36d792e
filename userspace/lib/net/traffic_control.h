// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/types.h"

namespace coax {

/// A side of clsact: what a device receives, what it sends.
enum class TcSide { kIngress, kEgress };

/// A classifier on a clsact qdisc, of whatever kind.
struct TcFilter {
    std::uint32_t priority = 0;
    std::uint32_t handle = 0;
    std::string kind;
};

/// Filters of one side, chain 0; empty when there is no qdisc. Of the calling thread's namespace.
Result<std::vector<TcFilter>> list_filters(IfIndex link, TcSide side);

/// Kind of the qdisc at the hook of clsact ("clsact", "ingress"); empty when there is none.
Result<std::string> ingress_qdisc_kind(IfIndex link);

/// "eth0", or "ifindex 7" when it is gone.
std::string link_text(IfIndex link);

} // namespace coax
