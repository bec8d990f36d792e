// SPDX-License-Identifier: Apache-2.0
#include "agent/metrics/collector.h"

#include <algorithm>
#include <string>

#include "agent/local_api/peer_facts.h"
#include "lib/process/process_usage.h"

namespace coax {
namespace {

std::map<PublicKey, std::uint64_t> counters_of(const WgDevice &device,
                                               std::uint64_t WgPeerStatus::*counter) {
    std::map<PublicKey, std::uint64_t> all;
    for (const auto &[key, status] : device.peers)
        all.emplace(key, status.*counter);
    return all;
}

bool all_there(const std::vector<std::optional<WgDevice>> &lanes) {
    return std::ranges::all_of(lanes, [](const auto &lane) { return lane.has_value(); });
}

void add_scrapes(const ScrapeCounts &scrapes, Snapshot &out) {
    out.add(Metric::kAgentScrapes, scrapes.answered, {"answered"});
    out.add(Metric::kAgentScrapes, scrapes.refused, {"refused"});
    out.add(Metric::kAgentScrapes, scrapes.bad, {"bad"});
}

} // namespace

Snapshot Collector::collect(const ViewSource &source, const ScrapeCounts &scrapes) {
    const auto started = source.clock.monotonic_now();
    Snapshot out;
    const auto lanes = read_lanes(source);
    const auto part = [&out](std::string_view name, bool read) {
        out.add(Metric::kAgentCollectFailed, !read, {name});
    };
    add_agent(source, out);
    add_control(source, out);
    add_keys(source, out);
    add_scrapes(scrapes, out);
    add_uplinks(source, out);
    add_lanes(source, lanes, out);
    part("lanes", add_peers(source, lanes, out));
    part("overlay_traffic", add_overlay_traffic(source, out));
    add_liveness(source, out);
    part("ports", add_ports(source, out));
    part("tables", add_tables(source, out));
    part("drops", add_drops(source, out));
    part("rejected_sources", add_rejected_sources(source, out));
    part("events", add_events(source, out));
    part("process", add_process(out));
    out.add(Metric::kAgentCollectSeconds, last_took_.count());
    last_took_ = source.clock.monotonic_now() - started;
    return out;
}

void Collector::add_lanes(const ViewSource &source,
                          const std::vector<std::optional<WgDevice>> &lanes, Snapshot &out) {
    const std::vector<LaneStatus> &status = source.reconciler.lanes().status();
    for (std::size_t i = 0; i < status.size(); ++i) {
        const std::uint32_t slot = status[i].id.slot();
        const std::string lane = std::to_string(slot);
        const bool up = status[i].link.value() != 0 && status[i].error.empty();
        out.add(Metric::kLaneUp, up, {lane});
        out.add(Metric::kLaneMtu, status[i].mtu, {lane});
        out.add(Metric::kLaneThreaded, status[i].threaded_napi, {lane});
        if (!lanes[i])
            continue;
        LaneSums &sums = lanes_[slot];
        sums.rx.update(counters_of(*lanes[i], &WgPeerStatus::rx_bytes));
        sums.tx.update(counters_of(*lanes[i], &WgPeerStatus::tx_bytes));
        out.add(Metric::kLanePeers, lanes[i]->peers.size(), {lane});
        out.add(Metric::kLaneReceiveBytes, sums.rx.total(), {lane});
        out.add(Metric::kLaneTransmitBytes, sums.tx.total(), {lane});
    }
}

bool add_peers(const ViewSource &source, const std::vector<std::optional<WgDevice>> &lanes,
               Snapshot &out) {
    if (!all_there(lanes))
        return false;
    const std::vector<PeerFacts> peers = peer_facts(source, lanes);
    std::optional<std::chrono::seconds> oldest;
    for (const PeerFacts &facts : peers) {
        if (facts.handshake_age)
            oldest = std::max(oldest.value_or(*facts.handshake_age), *facts.handshake_age);
        if (!source.state.metrics.per_peer)
            continue;
        const std::string &name = facts.peer->name;
        out.add(Metric::kPeerUp, facts.state() == PeerState::kUp, {name});
        out.add(Metric::kPeerReceiveBytes, facts.rx_bytes, {name});
        out.add(Metric::kPeerTransmitBytes, facts.tx_bytes, {name});
        if (facts.handshake_age)
            out.add(Metric::kPeerHandshakeAge, static_cast<double>(facts.handshake_age->count()),
                    {name});
    }
    for (const auto &[state, count] : count_states(peers))
        out.add(Metric::kMeshPeers, count, {peer_state_label(state)});
    if (oldest)
        out.add(Metric::kMeshHandshakeAgeMax, static_cast<double>(oldest->count()));
    return true;
}

bool add_overlay_traffic(const ViewSource &source, Snapshot &out) {
    if (!source.state.metrics.per_peer)
        return true;
    const auto traffic = source.datapath.node_stats();
    if (!traffic.ok())
        return false;
    const auto now = source.clock.monotonic_now().time_since_epoch();
    for (const auto &[id, peer] : source.state.peers) {
        const auto found = traffic->find(source.state.vtep_of(id).v4_be());
        if (id == source.state.node.id || found == traffic->end())
            continue;
        const coax_node_stats &stats = found->second;
        out.add(Metric::kPeerOverlayReceivePackets, stats.rx_packets, {peer.name});
        out.add(Metric::kPeerOverlayReceiveBytes, stats.rx_bytes, {peer.name});
        out.add(Metric::kPeerOverlayTransmitPackets, stats.tx_packets, {peer.name});
        out.add(Metric::kPeerOverlayTransmitBytes, stats.tx_bytes, {peer.name});
        if (stats.last_rx_ns == 0)
            continue;
        const std::chrono::duration<double> age = now - std::chrono::nanoseconds(stats.last_rx_ns);
        out.add(Metric::kPeerReceiveAge, std::max(age.count(), 0.0), {peer.name});
    }
    return true;
}

void add_liveness(const ViewSource &source, Snapshot &out) {
    for (const auto &[presence, count] : source.liveness.counts())
        out.add(Metric::kMeshPresence, count, {presence_label(presence)});
    if (!source.state.metrics.per_peer)
        return;
    for (const auto &[id, peer] : source.state.peers) {
        const auto round_trip = source.liveness.of(id).round_trip;
        if (round_trip)
            out.add(Metric::kPeerRoundTrip, std::chrono::duration<double>(*round_trip).count(),
                    {peer.name});
    }
}

bool add_process(Snapshot &out) {
    const auto usage = process_usage();
    if (!usage.ok())
        return false;
    out.add(Metric::kProcessCpu, usage->cpu_seconds);
    out.add(Metric::kProcessResidentMemory, usage->resident_bytes);
    out.add(Metric::kProcessOpenFds, usage->open_fds);
    out.add(Metric::kProcessStartTime, usage->start_time_seconds);
    return true;
}

} // namespace coax
