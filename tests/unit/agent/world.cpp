// SPDX-License-Identifier: Apache-2.0
#include "unit/agent/world.h"

#include <algorithm>
#include <cstdlib>

#include <fcntl.h>
#include <gtest/gtest.h>

#include "agent/names.h"

namespace coax::test {
namespace {

/// Hands calls on to a FakeLinks that stays with the test.
class BorrowedLinks final : public Links {
  public:
    explicit BorrowedLinks(FakeLinks &links) : to_(links) {}
    Result<std::vector<Link>> list() override { return to_.list(); }
    Result<std::optional<Link>> find(const std::string &name) override { return to_.find(name); }
    Result<Link> create_veth(const VethSpec &spec) override { return to_.create_veth(spec); }
    Result<Link> create_dummy(const std::string &name, const std::string &alias) override {
        return to_.create_dummy(name, alias);
    }
    Result<Link> create_wireguard(const std::string &name, const std::string &alias) override {
        return to_.create_wireguard(name, alias);
    }
    Status remove(IfIndex index) override { return to_.remove(index); }
    Status set_up(IfIndex index, bool up) override { return to_.set_up(index, up); }
    Status set_mtu(IfIndex index, std::uint32_t mtu) override { return to_.set_mtu(index, mtu); }
    Status set_mac(IfIndex index, const MacAddress &mac) override {
        return to_.set_mac(index, mac);
    }
    Status set_alias(IfIndex index, const std::string &alias) override {
        return to_.set_alias(index, alias);
    }
    Status disable_ipv6_autoconf(IfIndex index) override {
        return to_.disable_ipv6_autoconf(index);
    }
    Status set_threaded_napi(IfIndex index, bool on) override {
        return to_.set_threaded_napi(index, on);
    }
    Result<bool> offload(IfIndex index, Offload offload) override {
        return to_.offload(index, offload);
    }
    Status set_offload(IfIndex index, Offload offload, bool on) override {
        return to_.set_offload(index, offload, on);
    }
    Result<std::vector<IpPrefix>> addresses(IfIndex index) override { return to_.addresses(index); }
    Status add_address(IfIndex index, const IpPrefix &address) override {
        return to_.add_address(index, address);
    }
    Status remove_address(IfIndex index, const IpPrefix &address) override {
        return to_.remove_address(index, address);
    }

  private:
    FakeLinks &to_;
};

Peer peer(std::uint32_t id, const std::string &name, const std::string &endpoint) {
    Peer out;
    out.id = NodeId(id);
    out.name = name;
    out.endpoint = socket_address(endpoint);
    out.keys = {key(static_cast<std::uint8_t>(id))};
    return out;
}

Port port(const std::string &name, PortKind kind, const std::string &address, std::uint8_t last) {
    Port out;
    out.name = name;
    out.vni = Vni(100);
    out.kind = kind;
    out.ifname = kind == PortKind::kHost ? "red0" : "eth0";
    out.netns = kind == PortKind::kHost ? "" : "c1";
    out.mac.bytes = {0x02, 0, 0, 0, 1, last};
    out.addresses = {prefix(address)};
    return out;
}

} // namespace

MacAddress mac(const std::string &text) {
    return *MacAddress::parse(text);
}

IpPrefix prefix(const std::string &text) {
    return *IpPrefix::parse(text);
}

SocketAddress socket_address(const std::string &text) {
    return *SocketAddress::parse(text);
}

PublicKey key(std::uint8_t fill) {
    PublicKey out;
    out.bytes.fill(fill);
    return out;
}

DesiredState example_state() {
    DesiredState state;
    state.node = {NodeId(1), "alpha", "n1"};
    state.underlay.uplinks = {"eth0"};
    state.overlay.vtep_pool = prefix("100.64.0.0/10");
    state.peers.emplace(NodeId(2), peer(2, "beta", "192.0.2.2:51820"));
    state.peers.emplace(NodeId(3), peer(3, "gamma", "192.0.2.3:51820"));
    Network red;
    red.vni = Vni(100);
    red.name = "red";
    red.subnets = {prefix("10.1.0.0/24"), prefix("2001:db8:1::/64")};
    red.members = {NodeId(1), NodeId(2), NodeId(3)};
    state.networks.emplace(red.vni, red);
    state.ports.emplace("red-c1", port("red-c1", PortKind::kNetns, "10.1.0.11/24", 0x0b));
    state.ports.emplace("red-h", port("red-h", PortKind::kHost, "10.1.0.1/24", 0x01));
    return state;
}

TempFolder::TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "coax-agent-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
}

TempFolder::~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

Result<Namespace> FakeNamespaces::open(const std::string &name_or_path) {
    const auto found = all.find(name_or_path);
    if (found == all.end() && name_or_path != own)
        return Error(ErrorCode::kNotFound, "no network namespace " + name_or_path);
    Namespace out;
    out.fd = UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    out.is_own = name_or_path == own;
    FakeLinks &links = out.is_own ? host_ : *found->second;
    host_.attach_namespace(out.fd.get(), links);
    out.links = std::make_unique<BorrowedLinks>(links);
    return out;
}

World::World() {
    Link &eth0 = host.add_existing("eth0");
    eth0.up = eth0.running = true;
    namespaces.all.emplace("c1", std::make_unique<FakeLinks>());
    restart();
}

void World::restart() {
    keys = std::make_unique<Keyring>(folder.path() / "keys", clock);
    memory = std::make_unique<Memory>(folder.path() / "configured.json");
    memory->load();
    const Log to_list = Log::to_sink(
        LogLevel::kDebug, [this](LogLevel, std::string_view line) { log.emplace_back(line); });
    agent = std::make_unique<Reconciler>(Reconciler::Needs{
        host, namespaces, wireguard, datapath, *keys, *memory, clock, to_list, true, {}});
}

void World::vanish(const std::string &device) {
    datapath.vanish(host.peek(device)->index);
    host.vanish(device);
    wireguard.vanish(device);
}

ViewSource World::view_source(std::string last_error) {
    return {state,
            *agent,
            host,
            wireguard,
            datapath,
            *keys,
            clock,
            liveness,
            clock.monotonic_now() - std::chrono::seconds(90),
            "/etc/x.toml",
            std::move(last_error)};
}

std::uint64_t World::now_ns() {
    return static_cast<std::uint64_t>(
        std::chrono::nanoseconds(clock.monotonic_now().time_since_epoch()).count());
}

bool World::degraded(const std::string &what) {
    return std::ranges::any_of(agent->report().degraded,
                               [&](const Degradation &d) { return d.what == what; });
}

void World::expect_complete() {
    EXPECT_EQ(agent->report().error, "");
    const ResolvedLinks links{host.peek("n1-hand")->index, agent->lanes().indices(KeySet::kFirst),
                              agent->ports().indices(), agent->lanes().indices(KeySet::kSecond)};
    EXPECT_EQ(links.ports.size(), state.ports.size());
    DatapathTables wanted =
        tables_for({state, links, agent->mtu().inner, true, datapath.tables.flood});
    wanted.paths = agent->tables().paths();
    EXPECT_EQ(diff(datapath.tables, wanted).size(), 0U);
    for (const auto &[name, index] : links.ports)
        EXPECT_TRUE(datapath.attached_ports.contains(index)) << name;
    for (const auto &[name, status] : agent->ports().status())
        EXPECT_TRUE(status.up && status.error.empty()) << name << ": " << status.error;
    for (std::uint32_t lane = 0; lane < state.wireguard.lanes; ++lane) {
        const std::string device = lane_device("n1", LaneId{keys->in_use(), lane}.slot());
        ASSERT_NE(host.peek(device), nullptr) << device;
        EXPECT_TRUE(host.peek(device)->up) << device;
        EXPECT_TRUE(datapath.attached_lanes.contains(host.peek(device)->index)) << device;
    }
    EXPECT_TRUE(datapath.attached_uplinks.contains(host.peek("eth0")->index));
}

} // namespace coax::test
