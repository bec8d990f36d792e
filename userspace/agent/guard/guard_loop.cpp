// SPDX-License-Identifier: Apache-2.0
#include "agent/guard/guard_loop.h"

#include <chrono>
#include <csignal>
#include <string>
#include <utility>

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>

#include "agent/link_watch.h"
#include "lib/net/link_events.h"

namespace coax {
namespace {

// How long an uplink may be without guard when the agent dies that was to guard it.
constexpr std::chrono::seconds kLookAfterAgent{2};

class GuardLoop {
  public:
    GuardLoop(BootGuard &guard, UniqueFd events, LoadState load, const ServiceManager &service,
              const Log &log)
        : guard_(guard),
          load_(std::move(load)),
          service_(service),
          log_(log),
          signals_(loop_, SIGTERM, SIGINT, SIGHUP),
          watch_(loop_, std::move(events), [this] { look(); }),
          timer_(loop_) {}

    Status run() {
        wait_for_signal();
        look_after_agent();
        loop_.run();
        return result_;
    }

  private:
    void wait_for_signal() {
        signals_.async_wait([this](asio::error_code error, int signal) {
            if (error)
                return;
            if (signal != SIGHUP) {
                loop_.stop();
                return;
            }
            reload();
            wait_for_signal();
        });
    }

    void look() {
        result_ = guard_.pass();
        if (!result_.ok() || guard_.is_over()) {
            loop_.stop();
            return;
        }
        service_.status(guard_.summary() + refusal_);
        look_after_agent();
    }

    void look_after_agent() {
        if (!guard_.is_agents())
            return;
        timer_.expires_after(kLookAfterAgent);
        timer_.async_wait([this](asio::error_code error) {
            if (!error)
                look();
        });
    }

    void reload() {
        service_.reloading();
        auto state = load_();
        refusal_ = state.ok() ? "" : "; reload refused: " + state.error().message();
        if (state.ok())
            guard_.set_state(std::move(state).value());
        else
            log_.error("guard.reload_failed",
                       {{"error", state.error().message()}, {"kept", "the running one"}});
        service_.ready(guard_.summary() + refusal_);
        look();
    }

    BootGuard &guard_;
    LoadState load_;
    const ServiceManager &service_;
    const Log &log_;
    asio::io_context loop_{1};
    asio::signal_set signals_;
    LinkWatch watch_;
    asio::steady_timer timer_;
    Status result_;
    std::string refusal_; // of the last reload, for the status text
};

} // namespace

Status run_guard_loop(BootGuard &guard, LoadState load, const ServiceManager &service,
                      const Log &log) {
    COAX_ASSIGN_OR_RETURN(UniqueFd events, open_link_events()); // before the first look
    COAX_TRY(guard.pass());
    GuardLoop loop(guard, std::move(events), std::move(load), service, log);
    service.ready(guard.summary());
    log.info("guard.started", {{"uplinks", guard.guarded()}});
    Status done = loop.run();
    log.info("guard.stopped", {{"uplinks", "still guarded"}});
    return done;
}

} // namespace coax
