// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <random>
#include <utility>

#include <sys/utsname.h>

#include "agent/control/control.h"
#include "agent/local_api/views.h"
#include "agent/preflight/environment.h"
#include "agent/preflight/preflight.h"
#include "agent/version.h"
#include "lib/config/config.h"
#include "lib/net/link_events.h"

namespace coax {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A namespace's file appears a moment before the namespace is mounted on it.
constexpr milliseconds kSettleTime{100};
// Between two passes while peers move to other keys.
constexpr milliseconds kSettlePeriod{250};
// Half of the time between two probes to a peer.
constexpr milliseconds kLivenessPeriod{500};

std::string kernel_release() {
    utsname names{};
    return ::uname(&names) == 0 ? names.release : "unknown";
}

std::string socket_path(const DesiredState &state) {
    return state.agent.run_dir + "/agent.sock";
}

} // namespace

Daemon::Daemon(Needs needs)
    : needs_(std::move(needs)),
      file_(needs_.state),
      state_(needs_.state),
      started_at_(needs_.clock.monotonic_now()),
      signals_(loop_, SIGTERM, SIGINT, SIGHUP),
      reconcile_timer_(loop_),
      sweep_timer_(loop_),
      watchdog_timer_(loop_),
      liveness_timer_(loop_),
      readiness_(needs_.service),
      prober_({needs_.datapath, needs_.sender, needs_.clock, needs_.log, std::random_device()()}),
      rotation_({needs_.keys, prober_, needs_.reconciler, needs_.clock, needs_.log,
                 [this] {
                     if (control_)
                         control_->keys_changed();
                     reconcile_soon();
                 }}),
      mailbox_(loop_, {needs_.datapath, needs_.sender,
                       [this] {
                           return Mailbox::Way{*state_, needs_.reconciler.tunnels()};
                       },
                       needs_.log}),
      exporter_(loop_, needs_.clock, [this] { return source(); }) {}

Daemon::~Daemon() = default;

Status Daemon::run() {
    auto api = ApiServer::start(loop_, handlers(), socket_path(*state_));
    if (!api.ok())
        return api.error().with_context("local API");
    api_ = std::move(api).value();
    COAX_TRY(follow_controllers());
    COAX_TRY(run_pass());
    needs_.log.info("agent.started", {{"version", version()},
                                      {"node", state_->node.name},
                                      {"instance", state_->node.instance},
                                      {"backend", needs_.wireguard.describe()},
                                      {"changes", needs_.reconciler.report().changes}});
    exporter_.serve(state_->metrics.listen, std::move(needs_.metrics_listener));
    wait_for_signal();
    schedule_reconcile(next_pass());
    schedule_sweep();
    COAX_TRY(mailbox_.open());
    watch_peers();
    if (const auto period = watchdog_period())
        keep_watchdog_quiet(*period);
    report_readiness();
    netns_watch_ = std::make_unique<NetnsWatch>(loop_, [this] { reconcile_soon(); });
    watch_uplinks();
    loop_.run();
    if (control_)
        control_->end();
    api_.reset();
    if (is_down_) {
        std::error_code not_empty; // then somebody else has files there
        std::filesystem::remove(state_->agent.run_dir, not_empty);
    }
    needs_.log.info("agent.stopped");
    return {};
}

Status Daemon::follow_controllers() {
    if (!file_->control.follows())
        return {};
    Control::Needs needs{loop_,
                         needs_.keys,
                         needs_.links,
                         mailbox_,
                         needs_.clock,
                         needs_.log,
                         std::string(version()),
                         kernel_release(),
                         needs_.wireguard.describe(),
                         [this](NodeId id) { return prober_.liveness().may_forget(id); },
                         [this] { return needs_.reconciler.next_keys_ready(); },
                         [this] { reconcile_soon(); }};
    COAX_ASSIGN_OR_RETURN(control_, Control::start(std::move(needs), file_));
    return {};
}

Status Daemon::run_pass() {
    if (!control_)
        return needs_.reconciler.run(*state_);
    state_ = control_->state();
    Status done = needs_.reconciler.run(*state_, control_->degradations());
    std::map<std::string, std::string> errors;
    for (const auto &[name, port] : needs_.reconciler.ports().status())
        errors.emplace(name, port.error);
    control_->applied(done.ok(), errors);
    return done;
}

void Daemon::reconcile() {
    // The error is in the report, and logged.
    static_cast<void>(run_pass().ok());
    report_readiness();
    schedule_reconcile(next_pass());
}

// Of its time passes take a tenth at most.
milliseconds Daemon::next_pass() const {
    const milliseconds period = state_->agent.reconcile_period;
    if (!needs_.reconciler.settles_soon())
        return period;
    return std::min(period, std::max(kSettlePeriod, 10 * needs_.reconciler.report().took));
}

void Daemon::schedule_reconcile(milliseconds delay) {
    reconcile_timer_.expires_after(delay);
    reconcile_timer_.async_wait([this](asio::error_code error) {
        if (!error)
            reconcile();
    });
}

void Daemon::reconcile_soon() {
    if (reconcile_timer_.expiry() - std::chrono::steady_clock::now() > kSettleTime)
        schedule_reconcile(kSettleTime);
}

void Daemon::schedule_sweep() {
    sweep_timer_.expires_after(std::clamp(state_->overlay.fdb_age / 4, seconds{1}, seconds{30}));
    sweep_timer_.async_wait([this](asio::error_code error) {
        if (error)
            return;
        needs_.reconciler.sweep(*state_);
        schedule_sweep();
    });
}

void Daemon::watch_peers() {
    prober_.tick(*state_, needs_.reconciler.tunnels());
    rotation_.tick(*state_, control_.get());
    liveness_timer_.expires_after(kLivenessPeriod);
    liveness_timer_.async_wait([this](asio::error_code error) {
        if (!error)
            watch_peers();
    });
}

// From the loop itself: a loop that hangs is silent.
void Daemon::keep_watchdog_quiet(std::chrono::microseconds period) {
    needs_.service.alive();
    watchdog_timer_.expires_after(period / 3);
    watchdog_timer_.async_wait([this, period](asio::error_code error) {
        if (!error)
            keep_watchdog_quiet(period);
    });
}

void Daemon::report_readiness() {
    readiness_.passed(
        unready_reason(*state_, needs_.reconciler.lanes(), needs_.reconciler.ports()));
}

// An uplink that appears is open until a pass: it must not wait for the periodic one.
void Daemon::watch_uplinks() {
    auto events = open_link_events();
    if (!events.ok()) {
        needs_.log.warn("uplinks.unwatched", {{"error", events.error().message()},
                                              {"text", "the periodic pass looks for them"}});
        return;
    }
    link_watch_ = std::make_unique<LinkWatch>(loop_, std::move(events).value(), [this] {
        if (needs_.reconciler.uplinks().have_moved(*state_))
            reconcile();
        if (control_)
            control_->links_changed();
    });
}

void Daemon::wait_for_signal() {
    signals_.async_wait([this](asio::error_code error, int signal) {
        if (error)
            return;
        if (signal != SIGHUP) {
            needs_.log.info("agent.stopping", {{"signal", signal}, {"data_path", "kept"}});
            needs_.service.stopping();
            loop_.stop();
            return;
        }
        reload();
        wait_for_signal();
    });
}

void Daemon::reload() {
    readiness_.reload_began();
    const Status done = try_reload();
    if (!done.ok()) {
        readiness_.reload_ended("refused: " + done.error().message());
        last_error_ = "reload: " + done.error().message();
        needs_.log.error("config.reload_failed",
                         {{"error", done.error().message()}, {"kept", "the running one"}});
        return;
    }
    last_error_.clear();
    needs_.log.info("config.reloaded", {{"file", needs_.config_path}});
    reconcile();
    schedule_sweep();
    const std::string &failure = needs_.reconciler.report().error;
    readiness_.reload_ended(failure.empty() ? "" : "taken, but not yet in force: " + failure);
}

Status Daemon::try_reload() {
    COAX_ASSIGN_OR_RETURN(DesiredStatePtr next, load_config(needs_.config_path));
    const ConfigLocator config(needs_.config_path);
    COAX_TRY(config.locate(check_reloadable(*file_, *next)));
    COAX_TRY(check_environment(*next, needs_.links, file_->underlay.uplinks, config));
    COAX_TRY(config.locate(check_udp_ports(*next, needs_.links, file_.get())));
    COAX_ASSIGN_OR_RETURN(const LogLevel level, parse_log_level(next->agent.log_level));
    if (control_)
        COAX_TRY(control_->use(next));
    // Last, because it cannot be taken back.
    Status moved = config.locate(exporter_.move_to(next->metrics.listen));
    if (!moved.ok()) {
        if (control_)
            COAX_TRY(control_->use(file_));
        return moved;
    }
    needs_.log.set_level(level);
    file_ = std::move(next);
    state_ = control_ ? control_->state() : file_;
    return {};
}

Result<api::Keys> Daemon::rotate_keys() {
    COAX_TRY(rotation_.begin(*state_, control_.get()));
    return keys_view(source());
}

Result<api::DownReply> Daemon::down() {
    needs_.log.info("agent.down", {{"instance", state_->node.instance}});
    std::vector<std::string> removed;
    COAX_TRY(needs_.reconciler.remove_all(state_->node.instance, removed));
    COAX_TRY(needs_.lock.remove_file());
    api::DownReply reply;
    for (std::string &line : removed)
        *reply.add_removed() = std::move(line);
    is_down_ = true;
    loop_.stop();
    return reply;
}

ViewSource Daemon::source() const {
    return {*state_,         needs_.reconciler,  needs_.links, needs_.wireguard,
            needs_.datapath, needs_.keys,        needs_.clock, prober_.liveness(),
            started_at_,     needs_.config_path, last_error_,  control_.get(),
            &rotation_};
}

ApiHandlers Daemon::handlers() {
    ApiHandlers handlers;
    handlers.status = [this](const api::StatusRequest &) { return status_view(source()); };
    handlers.peers = [this](const api::PeersRequest &) { return peers_view(source()); };
    handlers.ports = [this](const api::PortsRequest &) { return ports_view(source()); };
    handlers.fdb = [this](const api::FdbRequest &request) { return fdb_view(source(), request); };
    handlers.drops = [this](const api::DropsRequest &request) {
        return drops_view(source(), request.all());
    };
    handlers.keys = [this](const api::KeysRequest &) { return keys_view(source()); };
    handlers.rotate_keys = [this](const api::RotateKeysRequest &) { return rotate_keys(); };
    handlers.control = [this](const api::ControlRequest &request) {
        return control_view(source(), request);
    };
    handlers.diff = [this](const api::DiffRequest &) { return diff_view(source()); };
    handlers.down = [this](const api::DownRequest &) { return down(); };
    return handlers;
}

} // namespace coax
