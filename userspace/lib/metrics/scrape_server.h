// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include "lib/base/result.h"
#include "lib/base/types.h"
#include "lib/base/unique_fd.h"

namespace coax {

/// A TCP socket that listens at `address`. kBusy when another program has the port; any other error
/// (no such address here, no right) names the address, too.
Result<UniqueFd> listen_tcp(const SocketAddress &address);

/// What a scraper may take of the event loop.
struct ScrapeLimits {
    std::size_t connections = 4;               // at a time; one more is refused with 503
    std::size_t request_bytes = 8192;          // more is refused with 431
    std::chrono::milliseconds deadline{10000}; // of a connection, from accept to close
};

struct ScrapeCounts {
    std::uint64_t answered = 0; // with the metrics
    std::uint64_t refused = 0;  // too many at a time
    std::uint64_t bad = 0;      // any other request, also one that never came to its end
};

/// Answers GET /metrics with what `body` returns, over HTTP/1, one request per connection.
/// Runs on the event loop, in small steps; only `body` takes time there. Owns the socket; `loop`
/// and what `body` refers to outlive it. Failure: a connection that is slow, too large or not HTTP
/// is answered with its error or closed; the server goes on.
class ScrapeServer {
  public:
    using Body = std::function<std::string()>;

    ScrapeServer(asio::io_context &loop, UniqueFd listener, Body body, ScrapeLimits limits = {});
    ScrapeServer(const ScrapeServer &) = delete;
    ScrapeServer &operator=(const ScrapeServer &) = delete;
    ~ScrapeServer();

    [[nodiscard]] const ScrapeCounts &counts() const { return counts_; }

  private:
    class Connection;
    friend class Connection;

    void accept();
    void accept_later();
    void start(asio::ip::tcp::socket socket);

    asio::io_context &loop_;
    Body body_;
    ScrapeLimits limits_;
    ScrapeCounts counts_;
    asio::ip::tcp::acceptor acceptor_;
    asio::steady_timer retry_;
    // Shared with the operations under way: their handlers run once more after a close, and those
    // of the server itself may be waiting in the loop when it goes.
    std::set<std::shared_ptr<Connection>> connections_;
    std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

} // namespace coax
