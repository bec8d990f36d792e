// SPDX-License-Identifier: Apache-2.0
#include "unit/controller/test_controller.h"

#include <charconv>

#include <gtest/gtest.h>

#include "controller/registry/keys.h"
#include "harness/poll_until.h"

namespace coax::controller::test {
namespace {

ControllerConfig config_of(const TestController::Options &options, const std::string &folder) {
    ControllerConfig config;
    config.network_id = "test";
    config.listen = {{SocketAddress{IpAddress::v4(0x7f000001), UdpPort(0)}}};
    config.run_dir = folder;
    config.lease = options.lease;
    config.alive = options.alive;
    config.limits.streams = static_cast<std::uint32_t>(options.streams);
    config.limits.unfinished = static_cast<std::uint32_t>(options.unfinished);
    config.limits.messages_per_second = 20;
    config.limits.message_burst = options.message_burst;
    config.limits.coalesce = std::chrono::milliseconds(20);
    return config;
}

std::uint32_t number_in(const std::string &name) {
    std::uint32_t number = 0;
    const std::size_t dash = name.find('-');
    if (dash != std::string::npos)
        std::from_chars(name.data() + dash + 1, name.data() + name.size(), number);
    return number;
}

v1::Refused refusal(std::string_view reason) {
    v1::Refused refused;
    refused.set_reason(std::string(reason));
    refused.set_text("as the test wants it");
    return refused;
}

/// What `open_cluster` makes of an empty store.
Status write_cluster(Store &store) {
    static std::atomic<int> made = 0;
    COAX_ASSIGN_OR_RETURN(const StoreFound found, store.get(kClusterKey));
    if (found.entry)
        return {};
    record::Cluster cluster;
    cluster.set_network_id("test");
    cluster.set_store_id("store " + std::to_string(++made));
    StoreTransaction transaction;
    transaction.compares.push_back(StoreCompare::absent(std::string(kClusterKey)));
    transaction.operations.push_back(
        StoreOperation::put(std::string(kClusterKey), cluster.SerializeAsString()));
    const auto done = store.commit(transaction);
    return done.ok() || done.error().code() == ErrorCode::kConflict ? Status()
                                                                    : Status(done.error());
}

} // namespace

DeskAnswer OpenDesk::admit(const v1::Hello &hello, const ChallengeFacts & /*facts*/) {
    const NodeId id(number_in(hello.name()));
    if (is_away)
        return refusal(kStoreUnavailable);
    const auto found = store_.get(node_key(id));
    const bool is_known = found.ok() && found->entry;
    if (hello.name().starts_with("waiting-") && !is_known)
        return v1::Pending();
    if (id == NodeId())
        return refusal("wrong_ca");
    if (!is_known) {
        record::Node node;
        node.set_id(id.value());
        node.set_name(hello.name());
        if (!store_.put(node_key(id), node.SerializeAsString()).ok())
            return refusal(kStoreUnavailable);
    }
    v1::Welcome welcome;
    welcome.set_network_id("test");
    welcome.set_node_id(id.value());
    welcome.set_name(hello.name());
    welcome.set_alive_seconds(1);
    return welcome;
}

std::optional<v1::Refused> OpenDesk::announce(NodeId node, const v1::Announce &message) {
    if (is_away)
        return refusal(kStoreUnavailable);
    record::Node record;
    record.set_id(node.value());
    record.set_name("node-" + std::to_string(node.value()));
    record.set_binding(message.binding());
    const auto done = store_.put(node_key(node), record.SerializeAsString());
    return done.ok() ? std::nullopt : std::optional(refusal(kStoreUnavailable));
}

std::optional<v1::Refused> OpenDesk::report(NodeId node, const v1::Report &message) {
    ++reports;
    record::Report record;
    *record.mutable_report() = message;
    const auto done = store_.put(report_key(node), record.SerializeAsString());
    return done.ok() ? std::nullopt : std::optional(refusal(kStoreUnavailable));
}

TestController::TestController(Store &store, const TlsIdentity &identity, Options options)
    : log_(Log::to_stderr(LogLevel::kError)),
      config_(config_of(options, folder_.path())),
      store_(store, clock_),
      desk_(store_),
      controller_({config_, options.name, identity, store_, desk_,
                   [this] { return write_cluster(store_); }, clock_, log_, service_, UniqueFd()}) {
    thread_ = std::thread([this] {
        const Status done = controller_.run({});
        EXPECT_TRUE(done.ok()) << done.error().message();
        is_over_ = !done.ok();
    });
    // Listed: from here on it serves.
    const bool serves =
        coax::test::poll_until([&] { return is_over_ || !state().store_id.empty(); });
    EXPECT_TRUE(serves && !is_over_);
}

TestController::~TestController() {
    controller_.on_loop([this] { controller_.stop(); });
    thread_.join();
}

std::string TestController::address() const {
    return "127.0.0.1:" + std::to_string(controller_.ports().front());
}

ControllerState TestController::state() {
    ControllerState state;
    controller_.on_loop([&] { state = controller_.state(); });
    return state;
}

const TlsIdentity &test_identity() {
    static const coax::test::ScratchFolder folder;
    static const TlsIdentity identity = [] {
        const SystemClock clock;
        EXPECT_TRUE(make_tls_identity(folder.path(), clock).ok());
        return std::move(load_tls_identity(folder.path(), clock)).value();
    }();
    return identity;
}

} // namespace coax::controller::test
