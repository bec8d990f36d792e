// SPDX-License-Identifier: Apache-2.0
#include "bench/fleet/sim_agent.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "lib/control/hello.h"

namespace coax::bench {
namespace {

namespace proto = controller::v1;

constexpr std::chrono::seconds kReportEvery{1};

TimePoint now() {
    return std::chrono::steady_clock::now();
}

/// What must not happen, and would make every figure meaningless.
[[noreturn]] void give_up(const std::string &agent, const std::string &why) {
    std::fprintf(stderr, "bench_fleet: %s: %s\n", agent.c_str(), why.c_str());
    std::_Exit(EXIT_FAILURE);
}

} // namespace

SimAgent::SimAgent(Facts facts, Identity &identity, Guarded<Ledger> &ledger)
    : facts_(std::move(facts)), identity_(identity), ledger_(ledger), report_timer_(*facts_.loop) {}

void SimAgent::start() {
    FleetClient::Handlers handlers;
    handlers.hello = [this](const proto::Challenge &challenge) { return hello(challenge); };
    handlers.welcome = [this](const proto::Welcome &welcome) { on_welcome(welcome); };
    handlers.update = [this](const proto::Update &update) { on_update(update); };
    handlers.state = [this](FleetClient::State state, const std::string & /*controller*/,
                            const std::string &why) { on_state(state, why); };
    ledger_.with([&](Ledger &ledger) { ledger.started(facts_.index, now()); });
    auto client = FleetClient::start(*facts_.loop, facts_.client, std::move(handlers));
    if (!client.ok())
        give_up(identity_.name, client.error().message());
    client_ = std::move(client).value();
    client_->taken(store_id_, revision_);
}

void SimAgent::stop() {
    client_.reset();
    report_timer_.cancel();
    report_waits_ = false;
    ledger_.with([&](Ledger &ledger) { ledger.lost(facts_.index); });
}

void SimAgent::move() {
    binding_.clear();
    if (membership_ && client_ && client_->state() == FleetClient::State::kWelcome)
        announce();
}

Result<proto::Hello> SimAgent::hello(const proto::Challenge &challenge) {
    const ChallengeFacts facts{challenge.network_id(), challenge.nonce(),
                               facts_.client.tls_certificate};
    COAX_ASSIGN_OR_RETURN(std::string proof,
                          prove(facts, identity_.name, kHelloNamespace, identity_.key));
    const auto &key = identity_.key.public_key().bytes;
    proto::Hello hello;
    hello.set_protocol(kControlProtocol);
    hello.set_name(identity_.name);
    hello.set_public_key(std::string(key.begin(), key.end()));
    hello.set_certificate(identity_.certificate);
    hello.set_proof(std::move(proof));
    hello.set_version("simulated");
    hello.set_store_id(store_id_);
    hello.set_revision(revision_);
    hello.set_node_id(membership_ ? membership_->node.value() : 0);
    return hello;
}

void SimAgent::on_welcome(const proto::Welcome &welcome) {
    const auto pool = IpPrefix::parse(welcome.vtep_pool());
    if (!pool.ok())
        give_up(identity_.name, pool.error().message());
    membership_ = Membership{welcome.network_id(), *pool, NodeId(welcome.node_id())};
    epoch_ = std::max(epoch_, welcome.last_epoch());
    if (facts_.verifies && !peers_)
        peers_.emplace(
            PeerBook::Rules{*facts_.verifies,
                            {membership_->node, identity_.name, identity_.key.public_key(),
                             membership_->network_id, membership_->vtep_pool}});
    ledger_.with([&](Ledger &ledger) { ledger.welcomed(facts_.index, now()); });
    announce();
}

void SimAgent::announce() {
    if (binding_.empty()) {
        auto made = make_binding(identity_, *membership_, ++epoch_);
        if (!made.ok())
            give_up(identity_.name, made.error().message());
        binding_ = std::move(made).value();
    }
    proto::Announce message;
    message.set_binding(binding_);
    message.set_lanes(1);
    message.set_kernel("none");
    message.set_backend("kernel");
    ledger_.with([&](Ledger &ledger) { ledger.announced(facts_.index, binding_, now()); });
    client_->announce(std::move(message));
}

void SimAgent::on_update(const proto::Update &update) {
    if (const std::string why = peers_ ? peers_->take(update) : ""; !why.empty())
        give_up(identity_.name, "refused " + why);
    const TimePoint at = now();
    const bool settled = ledger_.with([&](Ledger &ledger) {
        for (const proto::Node &node : update.nodes()) {
            if (const auto index = index_of(node.name()); index && *index < ledger.nodes())
                ledger.heard(facts_.index, *index, node.binding(), at);
        }
        if (update.last())
            ledger.told(facts_.index, at);
        return ledger.is_settled();
    });
    if (settled)
        ledger_.change([](Ledger &) {}); // somebody may wait for that
    if (!update.last())
        return;
    store_id_ = update.store_id();
    revision_ = update.revision();
    client_->taken(store_id_, revision_);
    report_later();
}

void SimAgent::report_later() {
    if (std::exchange(report_waits_, true))
        return;
    report_timer_.expires_after(kReportEvery);
    report_timer_.async_wait([this](const asio::error_code &error) {
        if (error || !client_)
            return;
        report_waits_ = false;
        proto::Report report;
        report.set_store_id(store_id_);
        report.set_revision(revision_);
        client_->report(std::move(report));
    });
}

void SimAgent::on_state(FleetClient::State state, const std::string &why) {
    ledger_.with([&](Ledger &ledger) {
        if (state != FleetClient::State::kWelcome)
            ledger.lost(facts_.index);
        if (state == FleetClient::State::kRefused || state == FleetClient::State::kPending)
            ledger.refused(why);
    });
}

} // namespace coax::bench
