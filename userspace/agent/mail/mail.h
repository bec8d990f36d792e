// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "coax/abi/control.h"
#include "lib/base/result.h"
#include "lib/base/types.h"

namespace coax {

/// Short messages between the agents of two nodes, through the tunnel, without a controller. As
/// unreliable as UDP: lost, delivered late or twice, dropped when the other agent does not read or more
/// than COAX_MAIL_PER_SECOND come from one node; who needs an answer asks again. The sender is
/// certain: WireGuard has proven the node. What it says is not: check it.
/// Runs on the event loop.
class Mail {
  public:
    /// Fits every lane over an underlay of 1500 bytes and more.
    static constexpr std::size_t kBytesMax = COAX_MAIL_BYTES_MAX;
    using Text = std::span<const std::byte>; // 1..kBytesMax bytes
    using Handler = std::function<void(NodeId from, Text text)>;

    virtual ~Mail() = default;

    /// kNotFound: no peer of that id, or no lane to it now. kInvalid: empty or longer than
    /// kBytesMax. kTooLarge: longer than the lane's MTU allows.
    /// Success is not delivery.
    virtual Status send(NodeId to, Text text) = 0;
    /// Calls back for each message from now on. One handler: a later one takes its place. The text
    /// is gone after the call.
    virtual void listen(Handler handler) = 0;
};

} // namespace coax
