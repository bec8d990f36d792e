// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "agent/datapath/tables.h"
#include "agent/local_api/views.h"
#include "agent/metrics/collector.h"
#include "agent/version.h"
#include "lib/bpf/apply_order.h"

namespace coax {
namespace {

void add_networks(const ViewSource &source, const std::map<std::uint32_t, std::uint32_t> &learned,
                  Snapshot &out) {
    std::map<Vni, std::size_t> ports;
    for (const auto &[name, port] : source.state.ports)
        ++ports[port.vni];
    for (const auto &[vni, network] : source.state.networks) {
        const std::string &name = network.name;
        const std::uint64_t mtu = network_mtu(network, source.reconciler.mtu().inner);
        out.add(Metric::kNetworkInfo, true, {name, std::to_string(vni.value())});
        out.add(Metric::kNetworkMembers, network.members.size(), {name});
        out.add(Metric::kNetworkPorts, ports[vni], {name});
        out.add(Metric::kNetworkMtu, mtu, {name});
        out.add(Metric::kNetworkLearnLimit, network.learn_limit, {name});
        const auto count = learned.find(vni.value());
        if (count != learned.end())
            out.add(Metric::kNetworkLearned, count->second, {name});
    }
}

} // namespace

void add_agent(const ViewSource &source, Snapshot &out) {
    const PassReport &report = source.reconciler.report();
    const std::chrono::duration<double> age = source.clock.monotonic_now() - report.at;
    const NodeConfig &node = source.state.node;
    const bool reload_failed = !source.last_error.empty();
    out.add(Metric::kAgentBuildInfo, true,
            {version(), std::to_string(COAX_ABI_VERSION), source.wireguard.describe()});
    out.add(Metric::kAgentNodeInfo, true,
            {node.name, node.instance, source.state.vtep_of(node.id).to_string()});
    out.add(Metric::kAgentReconcileAge, age.count());
    out.add(Metric::kAgentReconcileChanges, report.changes);
    out.add(Metric::kAgentReconcileFailed, !report.error.empty());
    out.add(Metric::kAgentReloadFailed, reload_failed);
    out.add(Metric::kAgentDegradations, report.degraded.size() + (reload_failed ? 1 : 0));
}

void add_uplinks(const ViewSource &source, Snapshot &out) {
    for (const UplinkStatus &uplink : source.reconciler.uplinks().status()) {
        out.add(Metric::kUplinkUp, uplink.up, {uplink.name});
        out.add(Metric::kUplinkGuarded, uplink.guarded, {uplink.name});
        out.add(Metric::kUplinkMtu, uplink.mtu, {uplink.name});
        out.add(Metric::kUplinkXdpDispatcher, uplink.attached.dispatcher, {uplink.name});
        for (const XdpMode mode : {XdpMode::kNative, XdpMode::kGeneric, XdpMode::kDetached})
            out.add(Metric::kUplinkXdpMode, uplink.attached.xdp_mode == mode,
                    {uplink.name, xdp_mode_label(mode)});
    }
}

bool add_ports(const ViewSource &source, Snapshot &out) {
    const auto traffic = source.datapath.port_stats();
    if (!traffic.ok())
        return false;
    const auto &all = source.reconciler.ports().status();
    for (const auto &[name, port] : source.state.ports) {
        const std::string &network = source.state.networks.at(port.vni).name;
        const auto found = all.find(name);
        const PortStatus status = found == all.end() ? PortStatus{} : found->second;
        const bool up = status.error.empty() && status.near.value() != 0 && status.up;
        out.add(Metric::kPortUp, up, {name, network});
        out.add(Metric::kPortMtu, status.mtu, {name, network});
        const auto counts = traffic->find(status.near.value());
        if (counts == traffic->end())
            continue;
        const coax_port_stats &stats = counts->second;
        out.add(Metric::kPortReceivePackets, stats.rx_packets, {name, network});
        out.add(Metric::kPortReceiveBytes, stats.rx_bytes, {name, network});
        out.add(Metric::kPortTransmitPackets, stats.tx_packets, {name, network});
        out.add(Metric::kPortTransmitBytes, stats.tx_bytes, {name, network});
    }
    return true;
}

bool add_tables(const ViewSource &source, Snapshot &out) {
    const auto learned = source.datapath.learned_counts();
    if (!learned.ok())
        return false;
    add_networks(source, *learned, out);
    std::uint64_t all_learned = 0;
    for (const auto &[vni, count] : *learned)
        all_learned += count;
    const auto &sizes = source.reconciler.tables().sizes();
    for (const auto &[map, capacity] : source.datapath.capacities()) {
        out.add(Metric::kMapCapacity, capacity, {map});
        const auto size = sizes.find(map);
        if (size != sizes.end())
            out.add(Metric::kMapEntries,
                    size->second + (map == table_name(TableId::kFdb) ? all_learned : 0), {map});
    }
    return true;
}

bool add_drops(const ViewSource &source, Snapshot &out) {
    const auto drops = source.datapath.drops();
    if (!drops.ok())
        return false;
    for (std::uint32_t hook = 0; hook < COAX_HOOKS_COUNT; ++hook) {
        if (hook == COAX_HOOK_WIREGUARD)
            continue; // add_rejected_sources
        for (std::uint32_t reason = COAX_DROP_NONE + 1; reason < COAX_DROP_REASONS_COUNT;
             ++reason) {
            // Zeros, too: a rate is lost when a series begins with its first drop.
            const coax_count &count = (*drops)[hook][reason];
            out.add(Metric::kDatapathDropPackets, count.packets,
                    {hook_label(hook), drop_reason_label(reason)});
            out.add(Metric::kDatapathDropBytes, count.bytes,
                    {hook_label(hook), drop_reason_label(reason)});
        }
    }
    const auto clear = [&](coax_hook hook) {
        return (*drops)[hook][COAX_DROP_CLEAR_VXLAN].packets +
               (*drops)[hook][COAX_DROP_CLEAR_OVERLAY].packets;
    };
    out.add(Metric::kUplinkClearPackets, clear(COAX_HOOK_TC_UPLINK), {"out"});
    out.add(Metric::kUplinkClearPackets, clear(COAX_HOOK_XDP_UPLINK), {"in"});
    return true;
}

bool add_rejected_sources(const ViewSource &source, Snapshot &out) {
    const auto rejected = rejected_sources(source);
    if (!rejected.ok()) // a wireguard-go that somebody else started never tells: no fault
        return rejected.error().code() == ErrorCode::kUnsupported;
    out.add(Metric::kDatapathDropPackets, *rejected,
            {hook_label(COAX_HOOK_WIREGUARD), drop_reason_label(COAX_DROP_WG_SOURCE)});
    return true;
}

bool add_events(const ViewSource &source, Snapshot &out) {
    const auto counters = source.datapath.counters();
    if (!counters.ok())
        return false;
    for (std::uint32_t i = 0; i < counters->size(); ++i) {
        out.add(Metric::kDatapathEventPackets, (*counters)[i].packets, {counter_label(i)});
        out.add(Metric::kDatapathEventBytes, (*counters)[i].bytes, {counter_label(i)});
    }
    return true;
}

} // namespace coax
