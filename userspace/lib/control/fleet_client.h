// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <asio/io_context.hpp>

#include "controller.pb.h"
#include "lib/base/result.h"

namespace coax {

/// The agent's end of Fleet.Follow: one controller after the other, for ever.
/// Every handler runs on `loop`, none after the client is destroyed. gRPC's threads only carry
/// messages there; no thread per client: a simulator has thousands.
/// Reconnects with full jitter (0 to a limit that doubles from 0.5 s to 30 s; Refused.retry_seconds
/// counts as well), each time with the next address; a stream that is silent for three times
/// Welcome.alive_seconds (10 s before the welcome, a minute while pending) is given up. A message
/// out of order ends the stream. Sends `alive` by itself.
class FleetClient {
  public:
    enum class State { kConnecting, kPending, kWelcome, kRefused, kWaiting };

    struct Options {
        std::vector<std::string> controllers; // "host:port", tried from a random one on
        std::string tls_certificate;          // DER
    };
    struct Handlers {
        /// For a challenge: the hello to answer with, everything in it. An error ends the attempt.
        std::function<Result<controller::v1::Hello>(const controller::v1::Challenge &)> hello;
        std::function<void(const controller::v1::Welcome &)> welcome;
        std::function<void(const controller::v1::Update &)> update;
        /// May be left out: the state says it, too, less whether it is of use to go on.
        std::function<void(const controller::v1::Refused &)> refused;
        /// Each change: the state, and why in words an operator understands (may be empty).
        std::function<void(State, const std::string &controller, const std::string &why)> state;
    };

    /// Also from within a handler.
    virtual ~FleetClient() = default;
    /// kInvalid: no address, or not a certificate. Nothing is called before the loop runs.
    static Result<std::unique_ptr<FleetClient>> start(asio::io_context &loop, Options options,
                                                      Handlers handlers);

    /// While a stream has its welcome; false, and nothing is sent, otherwise. Of messages that wait
    /// to be sent, an announce or a report replaces the one before it.
    virtual bool announce(controller::v1::Announce message) = 0;
    virtual bool report(controller::v1::Report message) = 0;
    /// What the alive messages carry.
    virtual void taken(std::string store_id, std::uint64_t revision) = 0;
    /// Ends the present stream and connects anew: at once, unless it did so a moment ago.
    virtual void reconnect(const std::string &why) = 0;

    [[nodiscard]] virtual State state() const = 0;
    [[nodiscard]] virtual std::string controller() const = 0; // of the present stream
    /// Since something was heard on the present stream; max() when there is none.
    [[nodiscard]] virtual std::chrono::milliseconds silence() const = 0;
};

} // namespace coax
