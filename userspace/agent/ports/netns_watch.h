// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include <asio/io_context.hpp>

namespace coax {

/// Calls back when a named network namespace appears or goes (inotify on /run/netns, or on /run as long
/// as that folder does not exist), so that a port need not wait for the next periodic pass.
/// Runs on `loop`. A hint only: where it cannot watch it is silent and the periodic pass does the work.
class NetnsWatch {
  public:
    NetnsWatch(asio::io_context &loop, std::function<void()> on_change);
    ~NetnsWatch();
    NetnsWatch(const NetnsWatch &) = delete;
    NetnsWatch &operator=(const NetnsWatch &) = delete;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace coax
