// SPDX-License-Identifier: Apache-2.0
#include <map>

#include "agent/local_api/peer_facts.h"
#include "agent/local_api/views.h"
#include "agent/version.h"

namespace coax {
namespace {

using std::chrono::duration_cast;

constexpr int kTopDrops = 8;

void fill_node(const ViewSource &source, api::Status &out) {
    const DesiredState &state = source.state;
    out.set_version(std::string(version()));
    out.set_abi_version(COAX_ABI_VERSION);
    out.set_instance(state.node.instance);
    out.set_node_name(state.node.name);
    out.set_node_id(state.node.id.value());
    out.set_vtep(state.vtep_of(state.node.id).to_string());
    out.set_backend(source.wireguard.describe());
    out.set_config_path(source.config_path);
    const auto now = source.clock.monotonic_now();
    out.set_uptime_seconds(static_cast<std::uint64_t>(
        duration_cast<std::chrono::seconds>(now - source.started_at).count()));
}

void fill_report(const ViewSource &source, api::Status &out) {
    const PassReport &report = source.reconciler.report();
    const auto age = source.clock.monotonic_now() - report.at;
    out.set_last_reconcile_ms(
        static_cast<std::uint64_t>(duration_cast<std::chrono::milliseconds>(age).count()));
    out.set_last_reconcile_changes(report.changes);
    for (const Degradation &degradation : report.degraded) {
        api::Degradation &row = *out.add_degraded();
        row.set_what(degradation.what);
        row.set_text(degradation.text);
    }
    if (!source.last_error.empty()) {
        api::Degradation &row = *out.add_degraded();
        row.set_what("reload.failed");
        row.set_text(source.last_error);
    }
    out.set_last_error(source.last_error.empty() ? report.error : source.last_error);
}

void fill_uplinks(const ViewSource &source, api::Status &out) {
    for (const UplinkStatus &uplink : source.reconciler.uplinks().status()) {
        api::Uplink &row = *out.add_uplinks();
        row.set_name(uplink.name);
        row.set_mtu(uplink.mtu);
        row.set_up(uplink.up);
        row.set_xdp_mode(std::string(xdp_mode_label(uplink.attached.xdp_mode)));
        row.set_dispatcher(uplink.attached.dispatcher);
    }
}

void fill_lanes(const ViewSource &source, const std::vector<std::optional<WgDevice>> &devices,
                api::Status &out) {
    const std::vector<LaneStatus> &lanes = source.reconciler.lanes().status();
    for (std::uint32_t i = 0; i < lanes.size(); ++i) {
        api::Lane &row = *out.add_lanes();
        row.set_index(lanes[i].id.lane);
        row.set_next(lanes[i].id.set != source.keys.in_use());
        row.set_device(lanes[i].device);
        row.set_threaded_napi(lanes[i].threaded_napi);
        row.set_mtu(lanes[i].mtu);
        if (const auto &device = devices[i]) {
            row.set_listen_port(device->listen_port.value());
            row.set_public_key(device->public_key.to_string());
        }
    }
}

void fill_networks(const ViewSource &source, const std::vector<LearnedEntry> &learned,
                   api::Status &out) {
    std::map<std::uint32_t, std::uint64_t> learned_by_vni;
    for (const LearnedEntry &entry : learned)
        ++learned_by_vni[entry.key.vni];
    std::map<Vni, std::uint32_t> ports_by_vni;
    for (const auto &[name, port] : source.state.ports)
        ++ports_by_vni[port.vni];
    for (const auto &[vni, network] : source.state.networks) {
        api::NetworkStatus &row = *out.add_networks();
        row.set_name(network.name);
        row.set_vni(vni.value());
        row.set_mtu(network_mtu(network, source.reconciler.mtu().inner));
        row.set_flood(network.flood);
        row.set_members(static_cast<std::uint32_t>(network.members.size()));
        row.set_ports(ports_by_vni[vni]);
        row.set_learned(learned_by_vni[vni.value()]);
        for (const IpPrefix &subnet : network.subnets)
            row.add_subnets(subnet.to_string());
    }
}

void fill_peers(const ViewSource &source, const std::vector<std::optional<WgDevice>> &devices,
                api::Status &out) {
    auto by_state = count_states(peer_facts(source, devices));
    out.set_peers_up(by_state[PeerState::kUp]);
    out.set_peers_stale(by_state[PeerState::kStale]);
    out.set_peers_never(by_state[PeerState::kNever]);
}

Status fill_drops(const ViewSource &source, api::Status &out) {
    COAX_ASSIGN_OR_RETURN(const api::Drops drops, drops_view(source, false));
    std::uint64_t total = 0;
    std::uint64_t clear = 0;
    for (const api::DropCount &row : drops.drops()) {
        total += row.packets();
        if (row.reason() == drop_reason_label(COAX_DROP_CLEAR_VXLAN) ||
            row.reason() == drop_reason_label(COAX_DROP_CLEAR_OVERLAY))
            clear += row.packets();
        if (out.top_drops_size() < kTopDrops)
            *out.add_top_drops() = row;
    }
    out.set_drops_total(total);
    out.set_clear_frames(clear);
    return {};
}

Status fill_counters(const ViewSource &source, api::Status &out) {
    COAX_ASSIGN_OR_RETURN(const auto counters, source.datapath.counters());
    for (std::uint32_t i = 0; i < counters.size(); ++i) {
        api::Counter &row = *out.add_counters();
        row.set_name(std::string(counter_label(i)));
        row.set_text(std::string(counter_text(i)));
        row.set_packets(counters[i].packets);
        row.set_bytes(counters[i].bytes);
    }
    return {};
}

} // namespace

Result<api::Status> status_view(const ViewSource &source) {
    api::Status out;
    fill_node(source, out);
    fill_report(source, out);
    fill_uplinks(source, out);
    const auto devices = read_lanes(source);
    fill_lanes(source, devices, out);
    fill_peers(source, devices, out);
    COAX_ASSIGN_OR_RETURN(const std::vector<LearnedEntry> learned, source.datapath.learned());
    fill_networks(source, learned, out);
    out.set_fdb_entries(source.reconciler.static_fdb_entries() + learned.size());
    out.set_fdb_capacity(source.reconciler.tables().fdb_capacity());
    COAX_TRY(fill_drops(source, out));
    COAX_TRY(fill_counters(source, out));
    if (source.control != nullptr)
        *out.mutable_control() = control_status(*source.control);
    return out;
}

} // namespace coax
