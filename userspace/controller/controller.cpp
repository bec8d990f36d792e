// SPDX-License-Identifier: Apache-2.0
#include "controller/controller.h"

#include <algorithm>
#include <csignal>
#include <future>
#include <utility>

#include <asio/post.hpp>

#include "controller/api/fleet_service.h"
#include "controller/metrics/collect.h"
#include "controller/registry/keys.h"
#include "controller/version.h"

namespace coax::controller {
namespace {

using std::chrono::seconds;

// They wait most of the time, for one commit that takes them all.
constexpr std::size_t kWorkers = 32;
constexpr seconds kRound{1};

StoreFollower::Options follower_options() {
    StoreFollower::Options options;
    // Nodes before what is said of them.
    for (const std::string_view prefix :
         {kClusterKey, kRevocationsKey, kNetworkPrefix, kNodePrefix, kPendingPrefix, kPortPrefix,
          kReportPrefix, kOnlinePrefix})
        options.prefixes.emplace_back(prefix);
    options.watched = std::string(kAllKeys);
    options.identity_key = std::string(kClusterKey);
    return options;
}

} // namespace

Controller::Controller(Needs needs)
    : needs_(std::move(needs)),
      signals_(loop_, SIGTERM, SIGINT, SIGHUP),
      round_timer_(loop_),
      workers_(kWorkers),
      keeper_(needs_.clock, needs_.log, needs_.config.lease),
      presence_(needs_.store, needs_.clock, needs_.log, {needs_.name, needs_.config.lease}),
      hub_({loop_, needs_.clock, needs_.log, needs_.desk, keeper_, presence_,
            [this](auto job) { work(std::move(job)); }},
           hub_options()),
      fleet_(make_fleet_service(loop_, hub_)) {}

Controller::~Controller() {
    follower_.reset();
    server_.reset();
    workers_.join();
    if (stopper_.joinable())
        stopper_.join();
}

FleetHub::Options Controller::hub_options() const {
    const ControllerConfig &config = needs_.config;
    FleetHub::Options options;
    options.network_id = config.network_id;
    options.controller = needs_.name;
    options.tls_certificate = needs_.identity.certificate_der;
    options.lease = config.lease;
    options.alive = config.alive;
    options.coalesce = config.limits.coalesce;
    options.streams = config.limits.streams;
    options.unfinished = config.limits.unfinished;
    options.messages_per_second = config.limits.messages_per_second;
    options.message_burst = config.limits.message_burst;
    return options;
}

void Controller::work(std::function<std::function<void()>()> job) {
    asio::post(workers_, [this, job = std::move(job)] { asio::post(loop_, job()); });
}

bool Controller::on_loop(const std::function<void()> &what) {
    auto promise = std::make_shared<std::promise<void>>();
    std::future<void> done = promise->get_future();
    asio::post(loop_, [promise, what] {
        what();
        promise->set_value();
    });
    while (done.wait_for(kRound) != std::future_status::ready)
        if (loop_.stopped())
            return false;
    return true;
}

Status Controller::run(const std::vector<grpc::Service *> &services) {
    // A store of another cluster must not be served; one that is away is waited for.
    if (Status opened = needs_.open_cluster(); !opened.ok()) {
        if (opened.error().code() != ErrorCode::kUnavailable)
            return opened;
        on_trouble(opened.error());
    }
    std::vector<grpc::Service *> all{fleet_.get()};
    all.insert(all.end(), services.begin(), services.end());
    COAX_ASSIGN_OR_RETURN(
        server_, GrpcServer::start({needs_.identity, needs_.config.listen, std::move(all)}));
    if (needs_.metrics_listener.valid())
        scrapes_ = std::make_unique<ScrapeServer>(loop_, std::move(needs_.metrics_listener),
                                                  [this] { return metrics(); });
    follow();
    wait_for_signal();
    schedule_round();
    needs_.log.info("controller.started", {{"version", version()},
                                           {"controller", needs_.name},
                                           {"network_id", needs_.config.network_id},
                                           {"listen", needs_.config.listen.front().to_string()}});
    if (!needs_.config.auto_admit.empty())
        needs_.log.warn("controller.auto_admit",
                        {{"text", "every node that asks is certified unseen; for labs only"}});
    needs_.service.ready("serving");
    loop_.run();
    needs_.log.info("controller.stopped");
    return {};
}

void Controller::follow() {
    StoreFollower::Handlers handlers;
    handlers.news = [this](StoreNews news) {
        asio::post(loop_, [this, news = std::move(news)] { on_news(news); });
    };
    handlers.trouble = [this](const Error &error) {
        asio::post(loop_, [this, error] { on_trouble(error); });
    };
    handlers.answered = [this] { asio::post(loop_, [this] { on_answer(); }); };
    follower_ = std::make_unique<StoreFollower>(needs_.store, needs_.clock, needs_.log,
                                                follower_options(), std::move(handlers));
}

void Controller::on_news(const StoreNews &news) {
    const ModelChange change = keeper_.apply(news);
    hub_.changed(change);
    if (keeper_.store_id().empty())
        open_cluster_soon();
}

/// After the store was wiped.
void Controller::open_cluster_soon() {
    if (std::exchange(opening_cluster_, true))
        return;
    work([this]() -> std::function<void()> {
        return [this, opened = needs_.open_cluster()] {
            opening_cluster_ = false;
            if (!opened.ok())
                needs_.log.error("store.no_cluster", {{"error", opened.error().message()}});
        };
    });
}

void Controller::on_trouble(const Error &error) {
    if (store_error_.empty()) {
        needs_.log.error("store.away", {{"error", error.message()},
                                        {"text", "agents keep everything; changes are refused"}});
        needs_.service.status("the store does not answer: " + error.message());
    }
    store_error_ = error.message();
}

void Controller::on_answer() {
    if (store_error_.empty())
        return;
    store_error_.clear();
    keeper_.hold(); // leases may have ended because nobody could renew them
    was_holding_ = true;
    needs_.log.info("store.answers");
    needs_.service.status("serving");
}

void Controller::schedule_round() {
    round_timer_.expires_after(kRound);
    round_timer_.async_wait([this](asio::error_code error) {
        if (error)
            return;
        round();
        schedule_round();
    });
}

void Controller::round() {
    needs_.service.alive(); // from the loop itself: a loop that hangs is silent
    if (std::exchange(was_holding_, keeper_.is_holding()) && !was_holding_ &&
        store_error_.empty()) {
        keeper_.review_all();
        hub_.changed({});
    }
    if (keeper_.store_id().empty() && store_error_.empty() && follower_->lists() != 0)
        open_cluster_soon();
}

void Controller::wait_for_signal() {
    signals_.async_wait([this](asio::error_code error, int signal) {
        if (error)
            return;
        if (signal != SIGHUP) {
            needs_.log.info("controller.stopping", {{"signal", signal}});
            return stop();
        }
        needs_.log.warn("controller.not_reloaded",
                        {{"text", "controller.toml is read at the start: restart the controller, "
                                  "agents keep everything meanwhile"}});
        wait_for_signal();
    });
}

/// The loop goes on while gRPC ends its calls: it is their other end.
void Controller::stop() {
    if (stopper_.joinable())
        return;
    needs_.service.stopping();
    hub_.end_all("the controller stops; try another one, or this one again in a moment");
    stopper_ = std::thread([this] {
        server_->shut_down();
        asio::post(loop_, [this] { loop_.stop(); });
    });
}

std::string Controller::metrics() const {
    const ControllerFacts facts{needs_.name, std::string(to_string(needs_.config.store.kind)),
                                !needs_.config.auto_admit.empty()};
    return collect(facts, state(), scrapes_->counts());
}

ControllerState Controller::state() const {
    ControllerState state;
    state.hub = hub_.counts();
    state.builds = hub_.builds();
    state.presence = presence_.counts();
    state.store = needs_.store.counts();
    state.store_id = keeper_.store_id();
    const Model &model = keeper_.model();
    state.revision = model.revision();
    state.store_error = store_error_;
    state.nodes = model.nodes().size();
    state.nodes_online = model.online().size();
    state.nodes_pending = model.pending().size();
    state.networks = model.networks().size();
    state.ports = model.ports().size();
    state.revocations = model.revocations();
    state.lists = follower_ ? follower_->lists() : 0;
    state.gone_told = keeper_.gone_told();
    state.holding = keeper_.is_holding();
    return state;
}

} // namespace coax::controller
