// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <thread>
#include <utility>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>

namespace coax::bench {

/// An event loop in a thread of its own. Ends with the object; what is still queued does not run.
class LoopThread {
  public:
    LoopThread() : work_(asio::make_work_guard(loop_)), thread_([this] { loop_.run(); }) {}
    LoopThread(const LoopThread &) = delete;
    LoopThread &operator=(const LoopThread &) = delete;
    ~LoopThread() {
        loop_.stop();
        thread_.join();
    }

    template <typename What>
    void post(What what) {
        asio::post(loop_, std::move(what));
    }
    [[nodiscard]] asio::io_context &loop() { return loop_; }

  private:
    asio::io_context loop_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    std::thread thread_;
};

} // namespace coax::bench
