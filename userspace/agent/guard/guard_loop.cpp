// SPDX-License-Identifier: Apache-2.0
#include "agent/guard/guard_loop.h"

#include <array>
#include <csignal>

#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/signal_set.hpp>
#include <fmt/format.h>

#include "lib/net/link_events.h"

namespace coax {
namespace {

class GuardLoop {
  public:
    GuardLoop(BootGuard &guard, UniqueFd events)
        : guard_(guard), signals_(loop_, SIGTERM, SIGINT), events_(loop_, events.release()) {}

    Status run() {
        signals_.async_wait([this](asio::error_code, int) { loop_.stop(); });
        look_again();
        loop_.run();
        return result_;
    }

  private:
    void look_again() {
        events_.async_read_some(asio::buffer(buffer_), [this](asio::error_code error, std::size_t) {
            if (error == asio::error::operation_aborted)
                return;
            drain();
            result_ = guard_.pass();
            if (!result_.ok() || guard_.is_over())
                loop_.stop();
            else
                look_again();
        });
    }

    /// A container that starts is a dozen events: one pass for all of them.
    void drain() {
        asio::error_code error;
        events_.non_blocking(true, error);
        while (!error)
            events_.read_some(asio::buffer(buffer_), error);
    }

    BootGuard &guard_;
    asio::io_context loop_{1};
    asio::signal_set signals_;
    asio::posix::stream_descriptor events_;
    std::array<char, 32768> buffer_{};
    Status result_;
};

} // namespace

Status run_guard_loop(BootGuard &guard, const ServiceManager &service, const Log &log) {
    COAX_ASSIGN_OR_RETURN(UniqueFd events, open_link_events()); // before the first look
    COAX_TRY(guard.pass());
    GuardLoop loop(guard, std::move(events));
    service.ready(fmt::format("{} uplinks guarded; stays so when this ends", guard.guarded()));
    log.info("guard.started", {{"uplinks", guard.guarded()}});
    Status done = loop.run();
    log.info("guard.stopped", {{"uplinks", "still guarded"}});
    return done;
}

} // namespace coax
