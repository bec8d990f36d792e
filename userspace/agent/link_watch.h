// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <functional>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>

#include "lib/base/unique_fd.h"

namespace coax {

/// Calls back when interfaces of this network namespace appear, go or change, once for each burst of
/// events: a container that starts is a dozen. Runs on `loop`.
class LinkWatch {
  public:
    /// `events` is of open_link_events().
    LinkWatch(asio::io_context &loop, UniqueFd events, std::function<void()> on_change);

  private:
    void wait();
    void drain();

    asio::posix::stream_descriptor events_;
    std::function<void()> on_change_;
    std::array<char, 32768> buffer_{};
};

} // namespace coax
