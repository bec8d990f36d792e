// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <asio/thread_pool.hpp>

#include "controller/api/fleet_hub.h"
#include "controller/api/grpc_server.h"
#include "controller/config/config.h"
#include "controller/controller_state.h"
#include "controller/distribution/store_follower.h"
#include "controller/distribution/view_keeper.h"
#include "controller/leases/presence.h"
#include "controller/metrics/metered_store.h"
#include "lib/metrics/scrape_server.h"
#include "lib/process/service_manager.h"

namespace coax::controller {

/// The running controller: one event loop around the hub, with signals and timers. Calls to the store
/// are made in threads of their own, gRPC has its own. What `needs` refers to outlives it.
/// SIGTERM and SIGINT end run(): agents are told, and keep everything.
class Controller {
  public:
    struct Needs {
        const ControllerConfig &config;
        std::string name;
        const TlsIdentity &identity;
        MeteredStore &store;
        FleetDesk &desk;
        /// Makes sure that the store says which cluster this is; blocks.
        std::function<Status()> open_cluster;
        const Clock &clock;
        Log log;
        const ServiceManager &service;
        UniqueFd metrics_listener;
    };
    explicit Controller(Needs needs);
    Controller(const Controller &) = delete;
    Controller &operator=(const Controller &) = delete;
    ~Controller();

    /// Until told to stop. `services` are served beside Fleet.
    Status run(const std::vector<grpc::Service *> &services);

    /// Agents are told and keep everything; then run() ends. On the loop.
    void stop();
    /// Of the TLS addresses, once they are listened on.
    [[nodiscard]] const std::vector<int> &ports() const { return server_->ports(); }

    /// On the loop; from other threads by on_loop().
    [[nodiscard]] ControllerState state() const;
    [[nodiscard]] const ViewKeeper &keeper() const { return keeper_; }
    /// Runs `what` on the event loop and waits for it; false when the loop has ended.
    bool on_loop(const std::function<void()> &what);

  private:
    void follow();
    void on_news(const StoreNews &news);
    void on_trouble(const Error &error);
    void on_answer();
    void open_cluster_soon();
    void schedule_round();
    void round();
    void wait_for_signal();
    [[nodiscard]] std::string metrics() const;
    void work(std::function<std::function<void()>()> job);
    [[nodiscard]] FleetHub::Options hub_options() const;

    Needs needs_;
    std::string store_error_;
    bool was_holding_ = true;
    bool opening_cluster_ = false;
    asio::io_context loop_{1};
    asio::signal_set signals_;
    asio::steady_timer round_timer_;
    asio::thread_pool workers_;
    ViewKeeper keeper_;
    Presence presence_;
    FleetHub hub_;
    std::unique_ptr<grpc::Service> fleet_;
    std::unique_ptr<GrpcServer> server_;
    std::unique_ptr<StoreFollower> follower_;
    std::unique_ptr<ScrapeServer> scrapes_;
    std::thread stopper_;
};

} // namespace coax::controller
