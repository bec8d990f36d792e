// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <string>
#include <thread>

#include "lib/base/unique_fd.h"

namespace coax::test {

/// Passes TCP connections to 127.0.0.1:port() on to an IPv4 address, and loses what it is told to.
class TcpProxy {
  public:
    enum class Mode {
        kPass,
        kLoseReplies,  // what the server says goes nowhere
        kLoseRequests, // what the client says goes nowhere
    };

    /// `target`: "192.0.2.1:2379". Connects in the network namespace of the calling thread.
    explicit TcpProxy(const std::string &target);
    TcpProxy(const TcpProxy &) = delete;
    TcpProxy &operator=(const TcpProxy &) = delete;
    ~TcpProxy();

    [[nodiscard]] std::uint16_t port() const { return port_; }
    /// Connections of before a kPass end: bytes of theirs are lost.
    void set(Mode mode);

  private:
    struct Pair {
        UniqueFd client;
        UniqueFd server;
        int epoch;
    };

    void run();
    void accept_one();
    /// False: the connection is over.
    bool pass(const UniqueFd &from, const UniqueFd &to, Mode losing) const;

    std::string target_;
    UniqueFd listener_;
    UniqueFd wake_;
    std::uint16_t port_ = 0;
    std::list<Pair> pairs_;
    std::atomic<Mode> mode_ = Mode::kPass;
    std::atomic<int> epoch_ = 0;
    std::atomic<bool> ending_ = false;
    std::thread thread_;
};

} // namespace coax::test
