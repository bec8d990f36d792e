// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "controller/distribution/wire_update.h"

namespace coax::controller {

/// One stream of an agent, as the hub sees it: what carries it is not its matter.
/// Called from the event loop only. For each write() the hub hears once that it was written, for each
/// read() once what was read, and once that the stream has ended; nothing after that.
class AgentLink {
  public:
    virtual ~AgentLink() = default;

    /// One at a time.
    virtual void write(WireMessage message) = 0;
    /// Asks for the next message.
    virtual void read() = 0;
    /// Ends the stream; no write is under way.
    virtual void finish() = 0;
    /// Ends it now, whatever is under way.
    virtual void abort() = 0;
    /// Address of the other side, for logs.
    [[nodiscard]] virtual std::string peer() const = 0;
};

} // namespace coax::controller
