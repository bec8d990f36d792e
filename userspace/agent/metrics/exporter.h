// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "agent/metrics/collector.h"

namespace coax {

/// kBusy when the address of the metrics is taken: names the option, the address and what to do. No
/// descriptor where metrics are off.
Result<UniqueFd> open_metrics_listener(const ListenAddress &listen);

/// The metrics of the agent on their address.
/// Runs on the event loop. Owns the socket; what `source` refers to outlives it. Failure: an address
/// that cannot be taken keeps the one before it.
class Exporter {
  public:
    using Source = std::function<ViewSource()>;

    Exporter(asio::io_context &loop, const Clock &clock, Source source)
        : loop_(loop), clock_(clock), source_(std::move(source)) {}

    /// `listener` is what open_metrics_listener(listen) returned.
    void serve(const ListenAddress &listen, UniqueFd listener);
    /// Leaves the old address for another one; the same one: does nothing.
    Status move_to(const ListenAddress &listen);

    /// What a scrape is answered with. Made at most once a second: more scrapers take no more time.
    std::string text();

  private:
    asio::io_context &loop_;
    const Clock &clock_;
    Source source_;
    Collector collector_;
    ListenAddress listen_;
    std::string text_;
    std::chrono::steady_clock::time_point made_at_;
    std::unique_ptr<ScrapeServer> server_; // null: off
};

} // namespace coax
