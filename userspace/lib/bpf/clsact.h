// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

#include "lib/base/result.h"
#include "lib/base/types.h"
#include "lib/net/traffic_control.h"

namespace coax {

/// Where our filters sit, on every device and side. Low priority number: before what tools add by
/// default (49152 and down), so that the fail-closed guard sees a packet first; not 1, which others
/// like to take.
constexpr std::uint32_t kTcPriority = 2;
constexpr std::uint32_t kTcHandle = 0xc0a5;

/// The clsact qdisc under our filters. Others use it too: it is created only where there is none,
/// and deleted only where we created it and nothing else is on it. Which ones we created is kept
/// as empty directories on bpffs, so that it outlives the agent.
class Clsact {
  public:
    explicit Clsact(std::filesystem::path marks) : marks_(std::move(marks)) {}

    /// kBusy when an `ingress` qdisc sits in the place of clsact.
    Status ensure(IfIndex link) const;
    /// Deletes the qdisc when it is ours and empty. Absent is success.
    Status remove_if_ours(IfIndex link) const;
    /// Forgets interfaces that are gone: their index may be given to another one.
    void forget_gone_links() const;

  private:
    [[nodiscard]] std::filesystem::path mark_of(IfIndex link) const;
    std::filesystem::path marks_;
};

} // namespace coax
