// SPDX-License-Identifier: Apache-2.0
#include "agent/link_watch.h"

#include <utility>

#include <asio/buffer.hpp>

namespace coax {

LinkWatch::LinkWatch(asio::io_context &loop, UniqueFd events, std::function<void()> on_change)
    : events_(loop, events.release()), on_change_(std::move(on_change)) {
    wait();
}

// Any other error is that events were lost (ENOBUFS), which is one, too.
void LinkWatch::wait() {
    events_.async_read_some(asio::buffer(buffer_), [this](asio::error_code error, std::size_t) {
        if (error == asio::error::operation_aborted)
            return;
        drain();
        wait();
        on_change_();
    });
}

void LinkWatch::drain() {
    asio::error_code error;
    events_.non_blocking(true, error);
    while (!error)
        events_.read_some(asio::buffer(buffer_), error);
}

} // namespace coax
