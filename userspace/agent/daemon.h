// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>

#include "agent/control/rotation.h"
#include "agent/link_watch.h"
#include "agent/liveness/prober.h"
#include "agent/local_api/api_server.h"
#include "agent/local_api/view_source.h"
#include "agent/mail/mailbox.h"
#include "agent/metrics/exporter.h"
#include "agent/ports/netns_watch.h"
#include "agent/preflight/instance_lock.h"
#include "agent/reconciler.h"
#include "agent/service/readiness.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/process/service_manager.h"
#include "lib/state/desired_state.h"

namespace coax {

class Control;

/// The running agent: one event loop with signals, timers and the local API around the reconciler.
/// One thread, apart from gRPC's, which only wait. What `needs` refers to outlives it.
/// SIGTERM and SIGINT end run() and leave the data path as it is; SIGHUP reloads the configuration as a
/// difference, or keeps the old one and says why; `down` removes everything and ends run().
class Daemon {
  public:
    struct Needs {
        std::string config_path;
        DesiredStatePtr state;
        Reconciler &reconciler;
        Links &links;
        WireGuard &wireguard;
        Datapath &datapath;
        Keyring &keys;
        const Clock &clock;
        TunnelSender &sender;
        const InstanceLock &lock;
        Log log;
        const ServiceManager &service;
        UniqueFd metrics_listener; // of metrics.listen; none where that is off
    };
    explicit Daemon(Needs needs);
    ~Daemon();
    Daemon(const Daemon &) = delete;
    Daemon &operator=(const Daemon &) = delete;

    /// The first pass, then until told to stop. The error is that of the first pass or of the API.
    Status run();

  private:
    Status follow_controllers();
    Status run_pass();
    void reconcile();
    void reconcile_soon();
    void schedule_reconcile(std::chrono::milliseconds delay);
    [[nodiscard]] std::chrono::milliseconds next_pass() const;
    void schedule_sweep();
    void watch_peers();
    void keep_watchdog_quiet(std::chrono::microseconds period);
    void report_readiness();
    void watch_uplinks();
    void wait_for_signal();
    void reload();
    Status try_reload();
    Result<api::Keys> rotate_keys();
    Result<api::DownReply> down();
    [[nodiscard]] ApiHandlers handlers();
    [[nodiscard]] ViewSource source() const;

    Needs needs_;
    DesiredStatePtr file_;
    DesiredStatePtr state_;  // of the file, and of controllers where it names some
    std::string last_error_; // of the last reload
    std::chrono::steady_clock::time_point started_at_;
    bool is_down_ = false; // everything was removed

    asio::io_context loop_{1};
    asio::signal_set signals_;
    asio::steady_timer reconcile_timer_;
    asio::steady_timer sweep_timer_;
    asio::steady_timer watchdog_timer_;
    asio::steady_timer liveness_timer_;
    Readiness readiness_;
    Prober prober_;
    Rotation rotation_;
    Mailbox mailbox_;
    std::unique_ptr<NetnsWatch> netns_watch_;
    std::unique_ptr<LinkWatch> link_watch_;
    Exporter exporter_;
    std::unique_ptr<Control> control_; // null: no controller is followed
    std::unique_ptr<ApiServer> api_;   // last: its calls need all the others
};

} // namespace coax
