// SPDX-License-Identifier: Apache-2.0
#include "agent/datapath/tables.h"

#include <algorithm>

#include <arpa/inet.h>

#include "agent/datapath/flood.h"
#include "agent/names.h"

namespace coax {
namespace {

template <typename T>
void copy_mac(const MacAddress &mac, T &out) {
    std::copy(mac.bytes.begin(), mac.bytes.end(), out);
}

coax_guard_mac_key guard_mac_key(IfIndex link, const MacAddress &mac) {
    coax_guard_mac_key key{};
    key.ifindex = link.value();
    copy_mac(mac, key.mac);
    return key;
}

coax_guard_ip_key guard_ip_key(IfIndex link, const IpAddress &address) {
    coax_guard_ip_key key{};
    key.ifindex = link.value();
    std::copy(address.bytes().begin(), address.bytes().end(), key.addr);
    return key;
}

coax_fdb_key fdb_key(Vni vni, const MacAddress &mac) {
    coax_fdb_key key{};
    key.vni = vni.value();
    copy_mac(mac, key.mac);
    return key;
}

std::uint32_t pool_mask_be(const IpPrefix &pool) {
    return pool.length == 0 ? 0 : htonl(~std::uint32_t{0} << (32U - pool.length));
}

/// Builds one DatapathTables; a member function per table.
class Builder {
  public:
    explicit Builder(const TablesInput &input) : in_(input), state_(input.state) {}

    DatapathTables build() {
        fill_settings();
        fill_second();
        for (const auto &[name, port] : state_.ports)
            fill_port(port);
        for (const auto &[id, peer] : state_.peers)
            tables_.nodes[vtep_be(id)] = {id.value(), shared_lanes(peer)};
        for (const auto &[vni, network] : state_.networks)
            fill_network(network);
        fill_endpoints();
        return std::move(tables_);
    }

  private:
    [[nodiscard]] std::uint32_t vtep_be(NodeId id) const { return state_.vtep_of(id).v4_be(); }

    [[nodiscard]] std::uint32_t shared_lanes(const Peer &peer) const {
        return std::min(state_.wireguard.lanes, static_cast<std::uint32_t>(peer.keys.size()));
    }

    [[nodiscard]] coax_target target_of(const Peer &peer) const {
        coax_target target{};
        target.kind = COAX_TARGET_NODE;
        target.lanes = static_cast<std::uint8_t>(shared_lanes(peer));
        target.vtep_be = vtep_be(peer.id);
        return target;
    }

    [[nodiscard]] static coax_target target_of(const Port &port, IfIndex link) {
        coax_target target{};
        target.kind =
            port.kind == PortKind::kHost ? COAX_TARGET_PORT_EGRESS : COAX_TARGET_PORT_PEER;
        target.ifindex = link.value();
        return target;
    }

    [[nodiscard]] const Peer *find_peer(NodeId id) const {
        const auto found = state_.peers.find(id);
        return found == state_.peers.end() ? nullptr : &found->second;
    }

    [[nodiscard]] IfIndex link_of(const Port &port) const {
        const auto found = in_.links.ports.find(port.name);
        return found == in_.links.ports.end() ? IfIndex{} : found->second;
    }

    void fill_settings() {
        coax_settings &settings = tables_.settings;
        const IpPrefix pool = state_.overlay.vtep_pool.network();
        settings.self_vtep_be = vtep_be(state_.node.id);
        settings.vtep_pool_be = pool.address.v4_be();
        settings.vtep_mask_be = pool_mask_be(pool);
        settings.flags = settings_flags();
        settings.handover_ifindex = in_.links.handover.value();
        settings.lanes = std::min<std::uint32_t>(state_.wireguard.lanes, COAX_LANES_MAX);
        for (std::uint32_t lane = 0; lane < settings.lanes; ++lane) {
            if (lane < in_.links.lanes.size())
                settings.lane_ifindex[lane] = in_.links.lanes[lane].value();
            // Of the first keys, also while there are none: the port is this node's.
            settings.listen_port_be[lane] = htons(state_.lane_port(lane, KeySet::kFirst).value());
        }
        settings.vxlan_port_be = htons(state_.overlay.vxlan_port.value());
    }

    void fill_second() {
        coax_second &second = tables_.second;
        second.vtep_bit_be = htonl(second_vtep_bit(state_.overlay.vtep_pool));
        const auto &lanes = in_.links.second_lanes;
        for (std::uint32_t lane = 0; lane < lanes.size() && lane < COAX_LANES_MAX; ++lane) {
            second.lane_ifindex[lane] = lanes[lane].value();
            second.listen_port_be[lane] = htons(state_.lane_port(lane, KeySet::kSecond).value());
        }
    }

    [[nodiscard]] std::uint32_t settings_flags() const {
        std::uint32_t flags = 0;
        if (state_.underlay.drop_all_vxlan)
            flags |= COAX_SETTINGS_DROP_ALL_VXLAN;
        if (in_.has_decap_l3)
            flags |= COAX_SETTINGS_DECAP_L3;
        const bool any_subnet = std::ranges::any_of(
            state_.networks, [](const auto &entry) { return !entry.second.subnets.empty(); });
        if (state_.underlay.guard_subnets && any_subnet)
            flags |= COAX_SETTINGS_GUARD_SUBNETS;
        return flags;
    }

    void fill_port(const Port &port) {
        const IfIndex link = link_of(port);
        if (link.value() == 0)
            return;
        coax_port entry{};
        entry.vni = port.vni.value();
        entry.port_id = stable_id(port.name);
        copy_mac(port.mac, entry.mac);
        if (!port.more_macs.empty())
            entry.flags |= COAX_PORT_MORE_MACS;
        if (port.guard_ips)
            entry.flags |= COAX_PORT_GUARD_IP;
        tables_.ports[link.value()] = entry;

        add_local_mac(port, link, port.mac);
        for (const MacAddress &mac : port.more_macs) {
            tables_.guard_macs[guard_mac_key(link, mac)] = 1;
            add_local_mac(port, link, mac);
        }
        if (port.guard_ips)
            fill_guard_ips(port, link);
    }

    // The kernel's own link-local address is always let through: without it the user's end could
    // not do neighbour discovery.
    void fill_guard_ips(const Port &port, IfIndex link) {
        for (const IpPrefix &prefix : port.addresses)
            tables_.guard_ips[guard_ip_key(link, prefix.address)] = 1;
        for (const IpAddress &address : port.more_ips)
            tables_.guard_ips[guard_ip_key(link, address)] = 1;
        tables_.guard_ips[guard_ip_key(link, link_local_of(port.mac))] = 1;
        for (const MacAddress &mac : port.more_macs)
            tables_.guard_ips[guard_ip_key(link, link_local_of(mac))] = 1;
    }

    void add_local_mac(const Port &port, IfIndex link, const MacAddress &mac) {
        coax_fdb_entry entry{};
        entry.target = target_of(port, link);
        entry.flags = COAX_FDB_STATIC;
        tables_.static_fdb[fdb_key(port.vni, mac)] = entry;
    }

    void fill_network(const Network &network) {
        coax_network entry{};
        if (network.flood)
            entry.flags |= COAX_NETWORK_FLOOD;
        if (network.learn)
            entry.flags |= COAX_NETWORK_LEARN;
        entry.mtu = network_mtu(network, in_.inner_mtu);
        entry.flood_pps = network.flood_pps;
        entry.learn_limit = network.learn_limit;
        fill_flood(network, entry);
        fill_members(network);
        if (state_.underlay.guard_subnets) {
            for (const IpPrefix &subnet : network.subnets)
                tables_.subnets[subnet_key(subnet)] = 1;
        }
        tables_.networks[network.vni.value()] = entry;
    }

    void fill_flood(const Network &network, coax_network &entry) {
        std::vector<coax_target> local;
        for (const auto &[name, port] : state_.ports) {
            if (port.vni == network.vni && link_of(port).value() != 0)
                local.push_back(target_of(port, link_of(port)));
        }
        std::vector<coax_target> remote;
        for (const NodeId id : network.members) {
            if (const Peer *peer = find_peer(id); peer != nullptr && id != state_.node.id)
                remote.push_back(target_of(*peer));
        }
        local.resize(std::min<std::size_t>(local.size(), COAX_FLOOD_TARGETS_MAX));
        remote.resize(std::min<std::size_t>(remote.size(), COAX_FLOOD_TARGETS_MAX));
        entry.local_targets = static_cast<std::uint32_t>(local.size());
        entry.remote_targets = static_cast<std::uint32_t>(remote.size());
        place_flood_targets(network.vni, 0, local, in_.previous_flood, tables_.flood);
        place_flood_targets(network.vni, COAX_FLOOD_REMOTE_FIRST, remote, in_.previous_flood,
                            tables_.flood);
    }

    void fill_members(const Network &network) {
        for (const NodeId id : network.members) {
            const Peer *peer = find_peer(id);
            if (peer == nullptr || id == state_.node.id)
                continue;
            tables_.members[{vtep_be(id), network.vni.value()}] = {id.value(), shared_lanes(*peer)};
        }
    }

    static coax_subnet_key subnet_key(const IpPrefix &subnet) {
        const IpPrefix network = subnet.network();
        coax_subnet_key key{};
        key.prefix_bits = network.length + (network.address.is_v4() ? 96U : 0U);
        std::copy(network.address.bytes().begin(), network.address.bytes().end(), key.addr);
        return key;
    }

    void fill_endpoints() {
        for (const Endpoint &endpoint : state_.endpoints) {
            const Peer *peer = find_peer(endpoint.node);
            if (peer == nullptr)
                continue;
            coax_fdb_entry entry{};
            entry.target = target_of(*peer);
            entry.flags = COAX_FDB_STATIC;
            tables_.static_fdb.emplace(fdb_key(endpoint.vni, endpoint.mac), entry);
        }
    }

    const TablesInput &in_;
    const DesiredState &state_;
    DatapathTables tables_;
};

} // namespace

DatapathTables tables_for(const TablesInput &input) {
    return Builder(input).build();
}

DatapathTables guard_tables_for(const DesiredState &state) {
    DatapathTables all = tables_for({state, {}, 0, false, {}});
    DatapathTables guard;
    guard.settings = all.settings;
    std::ranges::fill(guard.settings.listen_port_be, 0);
    guard.second = all.second;
    for (const auto &[vni, network] : all.networks)
        guard.networks[vni] = {};
    guard.subnets = std::move(all.subnets);
    return guard;
}

bool is_unconfigured(const coax_settings &settings) {
    return settings.lanes == 0 || settings.listen_port_be[0] == 0;
}

std::uint32_t network_mtu(const Network &network, std::uint32_t inner_mtu) {
    return std::min(network.mtu.value_or(inner_mtu), inner_mtu);
}

IpAddress link_local_of(const MacAddress &mac) {
    std::array<std::uint8_t, 16> bytes{0xfe, 0x80};
    std::copy(mac.bytes.begin(), mac.bytes.begin() + 3, bytes.begin() + 8);
    std::copy(mac.bytes.begin() + 3, mac.bytes.end(), bytes.begin() + 13);
    bytes[8] ^= 0x02;
    bytes[11] = 0xff;
    bytes[12] = 0xfe;
    return IpAddress::from_bytes(bytes);
}

} // namespace coax
