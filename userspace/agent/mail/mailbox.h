// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>

#include "agent/mail/mail.h"
#include "agent/peers/tunnels.h"
#include "lib/base/log.h"
#include "lib/bpf/datapath.h"
#include "lib/net/tunnel_sender.h"
#include "lib/state/desired_state.h"

namespace coax {

/// Mail over the control messages of the data path. Mail that comes while nobody listens is read and
/// forgotten, so that the ring does not hold what is out of date.
class Mailbox final : public Mail {
  public:
    /// What the agent knows at the moment of a send.
    struct Way {
        const DesiredState &state;
        Tunnels tunnels;
    };
    struct Needs {
        Datapath &datapath;
        TunnelSender &sender;
        std::function<Way()> way;
        Log log;
    };
    Mailbox(asio::io_context &loop, Needs needs);

    /// Reads from now on, for as long as it lives.
    Status open();

    Status send(NodeId to, Text text) override;
    void listen(Handler handler) override { handler_ = std::move(handler); }

  private:
    void wait();
    void read();

    Needs needs_;
    asio::posix::stream_descriptor ready_;
    Handler handler_;
    std::uint32_t sent_ = 0; // to take another lane each time
};

} // namespace coax
