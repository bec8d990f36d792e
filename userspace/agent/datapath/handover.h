// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/pass.h"
#include "lib/bpf/datapath.h"
#include "lib/net/links.h"

namespace coax {

/// The dummy device through which non-IP frames reach a lane: the kernel re-reads their type on the
/// way in (bpf/README.md).
/// Runs on the event loop. Owns the device <instance>-hand; the references outlive it.
class Handover {
  public:
    Handover(Links &links, Datapath &datapath) : links_(links), datapath_(datapath) {}

    Status ensure(const std::string &instance, Pass &pass);
    Status remove(const std::string &instance, std::vector<std::string> &removed);
    [[nodiscard]] IfIndex index() const { return index_; } // 0: not there

  private:
    Links &links_;
    Datapath &datapath_;
    IfIndex index_;
};

} // namespace coax
