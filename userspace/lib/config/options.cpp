// SPDX-License-Identifier: Apache-2.0
#include "coax/abi/limits.h"
#include "lib/config/option_factory.h"

namespace coax {
namespace {

constexpr bool kRestart = false; // OptionRow::reloadable

template <typename Access>
Option once(const OptionRow &row, Access /*field*/) {
    return make_option<DesiredState, Access>(row);
}
constexpr std::array<TableSpec, 12> kTables{{
    {"node", false, "This machine."},
    {"underlay", false, "The network that carries the WireGuard packets."},
    {"wireguard", false, "The encrypted lanes."},
    {"overlay", false,
     "What all networks share; equal on all nodes, but for fdb_age_s and *_entries."},
    {"agent", false, "The agent itself."},
    {"liveness", false, "When a peer that is silent counts as gone."},
    {"metrics", false, "What Prometheus scrapes; see lib/metrics/REFERENCE.md."},
    {"control", false, "The controllers this node follows; without them the file says it all."},
    {"peer", true, "Another node."},
    {"network", true, "A virtual Ethernet segment."},
    {"port", true, "An interface of this machine in a network."},
    {"endpoint", true, "A MAC address known to be behind a node, without learning."},
}};

// A table, one row per option.
std::vector<Option> once_options() { // NOLINT(readability-function-size)
    return {
        once(
            {.table = "node",
             .key = "id",
             .example = "1",
             .min = 1,
             .max = COAX_NODE_ID_MAX,
             .reloadable = kRestart,
             .help = "Number of this node, unique in the overlay."},
            [](auto &s) -> auto & { return s.node.id; }),
        once(
            {.table = "node",
             .key = "name",
             .example = R"("alpha")",
             .form = &kNodeName,
             .help = "Name of this node, unique in the overlay."},
            [](auto &s) -> auto & { return s.node.name; }),
        once(
            {.table = "node",
             .key = "instance",
             .fallback = R"("coax")",
             .form = &kInstanceName,
             .reloadable = kRestart,
             .help = "Prefix of pins and devices; another one for each agent of a machine."},
            [](auto &s) -> auto & { return s.node.instance; }),
        once(
            {.table = "underlay",
             .key = "uplinks",
             .example = R"(["eth0"])",
             .min = 1,
             .max = COAX_UPLINKS_MAX,
             .form = &kInterfaceName,
             .help = "Interfaces that carry WireGuard packets; they are guarded."},
            [](auto &s) -> auto & { return s.underlay.uplinks; }),
        once(
            {.table = "underlay",
             .key = "listen_port",
             .fallback = "51820",
             .min = 1,
             .max = 65535,
             .help = "UDP port of lane 0; lane i listens at listen_port + i."},
            [](auto &s) -> auto & { return s.underlay.listen_port; }),
        once(
            {.table = "underlay",
             .key = "mtu",
             .fallback_words = "smallest MTU of the uplinks",
             .example = "1500",
             .min = 576,
             .max = 65535,
             .help = "Bytes of an IP packet that the underlay carries on every path."},
            [](auto &s) -> auto & { return s.underlay.mtu; }),
        once(
            {.table = "underlay",
             .key = "xdp",
             .fallback = R"("auto")",
             .reloadable = kRestart,
             .help = "Where the uplink program runs: in the driver, or generic."},
            [](auto &s) -> auto & { return s.underlay.xdp; }),
        once(
            {.table = "underlay",
             .key = "drop_all_vxlan",
             .fallback = "true",
             .help = "Drop all clear VXLAN on uplinks; false: only VNIs of our networks."},
            [](auto &s) -> auto & { return s.underlay.drop_all_vxlan; }),
        once(
            {.table = "underlay",
             .key = "guard_subnets",
             .fallback = "true",
             .help = "Drop packets of overlay subnets that are in clear on uplinks."},
            [](auto &s) -> auto & { return s.underlay.guard_subnets; }),
        once(
            {.table = "wireguard",
             .key = "backend",
             .fallback = R"("auto")",
             .reloadable = kRestart,
             .help = "Who encrypts; auto takes the kernel where it can."},
            [](auto &s) -> auto & { return s.wireguard.backend; }),
        once(
            {.table = "wireguard",
             .key = "lanes",
             .fallback = "1",
             .min = 1,
             .max = COAX_LANES_MAX,
             .reloadable = kRestart,
             .help = "WireGuard devices that share the flows; more use more cores."},
            [](auto &s) -> auto & { return s.wireguard.lanes; }),
        once(
            {.table = "wireguard",
             .key = "rotate_keys_days",
             .fallback = "30",
             .min = 0,
             .max = 3650,
             .help = "Age at which lane keys are changed, with controllers; 0: by hand only."},
            [](auto &s) -> auto & { return s.wireguard.rotate_keys; }),
        once(
            {.table = "overlay",
             .key = "vtep_pool",
             .fallback = R"("100.64.0.0/10")",
             .reloadable = kRestart,
             .help = "IPv4 pool inside the tunnels; a node has pool base + node id."},
            [](auto &s) -> auto & { return s.overlay.vtep_pool; }),
        once(
            {.table = "overlay",
             .key = "vxlan_port",
             .fallback = "4789",
             .min = 1,
             .max = 65535,
             .help = "UDP port of VXLAN inside the tunnels; not 4790, where control messages go."},
            [](auto &s) -> auto & { return s.overlay.vxlan_port; }),
        once(
            {.table = "overlay",
             .key = "fdb_entries",
             .fallback = "1048576",
             .min = 1024,
             .max = 1 << 24,
             .reloadable = kRestart,
             .help = "MAC addresses of all networks that fit the table."},
            [](auto &s) -> auto & { return s.overlay.fdb_entries; }),
        once(
            {.table = "overlay",
             .key = "member_entries",
             .fallback = "262144",
             .min = 1024,
             .max = 1 << 24,
             .reloadable = kRestart,
             .help = "Memberships of nodes in networks that fit the tables (nodes x networks)."},
            [](auto &s) -> auto & { return s.overlay.member_entries; }),
        once(
            {.table = "overlay",
             .key = "guard_entries",
             .fallback = "65536",
             .min = 1024,
             .max = 1 << 24,
             .reloadable = kRestart,
             .help = "Guarded MAC, and guarded IP, addresses of all local ports that fit."},
            [](auto &s) -> auto & { return s.overlay.guard_entries; }),
        once(
            {.table = "overlay",
             .key = "fdb_age_s",
             .fallback = "300",
             .min = 1,
             .max = 86400,
             .help = "Seconds after which a learned MAC address that is silent is forgotten."},
            [](auto &s) -> auto & { return s.overlay.fdb_age; }),
        once(
            {.table = "agent",
             .key = "state_dir",
             .fallback_words = "/var/lib/coax/INSTANCE",
             .example = R"("/var/lib/coax/coax")",
             .form = &kDirectory,
             .reloadable = kRestart,
             .help = "Directory of the private keys."},
            [](auto &s) -> auto & { return s.agent.state_dir; }),
        once(
            {.table = "agent",
             .key = "run_dir",
             .fallback_words = "/run/coax/INSTANCE",
             .example = R"("/run/coax/coax")",
             .form = &kDirectory,
             .reloadable = kRestart,
             .help = "Directory of the socket that `coax` talks to."},
            [](auto &s) -> auto & { return s.agent.run_dir; }),
        once(
            {.table = "agent",
             .key = "reconcile_period_ms",
             .fallback = "5000",
             .min = 100,
             .max = 3600000,
             .help = "Milliseconds between checks that the kernel still is as it should be."},
            [](auto &s) -> auto & { return s.agent.reconcile_period; }),
        once(
            {.table = "agent",
             .key = "log_level",
             .fallback = R"("info")",
             .form = &kLogLevelName,
             .help = "Least serious event that is logged."},
            [](auto &s) -> auto & { return s.agent.log_level; }),
        once(
            {.table = "liveness",
             .key = "probe_after_ms",
             .fallback = "10000",
             .min = 100,
             .max = 3'600'000,
             .help = "Milliseconds of silence after which a peer is asked whether it is there."},
            [](auto &s) -> auto & { return s.liveness.probe_after; }),
        once(
            {.table = "liveness",
             .key = "probes",
             .fallback = "5",
             .min = 1,
             .max = 1000,
             .help = "Questions in a row, one a second, without an answer; then it is dead."},
            [](auto &s) -> auto & { return s.liveness.probes; }),
        once(
            {.table = "liveness",
             .key = "probes_per_second",
             .fallback = "500",
             .min = 1,
             .max = 100'000,
             .help = "Questions to all peers together."},
            [](auto &s) -> auto & { return s.liveness.probes_per_second; }),
        once(
            {.table = "metrics",
             .key = "listen",
             .fallback = R"("127.0.0.1:9786")",
             .help = "TCP address of the metrics; another one for each agent of a network "
                     "namespace, empty: none."},
            [](auto &s) -> auto & { return s.metrics.listen; }),
        once(
            {.table = "metrics",
             .key = "per_peer",
             .fallback = "true",
             .help = "Have series for each peer; false: only sums, for large meshes."},
            [](auto &s) -> auto & { return s.metrics.per_peer; }),
    };
}

std::vector<Option> all_options() {
    std::vector<Option> all = once_options();
    for (Option &option : control_options())
        all.push_back(std::move(option));
    for (Option &option : item_options())
        all.push_back(std::move(option));
    return all;
}

} // namespace

std::optional<Value> parse_literal(std::string_view toml) {
    if (toml.empty())
        return std::nullopt;
    auto document = parse_document(fmt::format("value = {}", toml), "default");
    return document.ok() ? std::optional(std::move(document->front().value)) : std::nullopt;
}

std::string Option::name() const {
    return fmt::format("{}.{}", row.table, row.key);
}

std::string Option::sample() const {
    return fmt::format("{} = {}", row.key, row.example.empty() ? row.fallback : row.example);
}

std::span<const TableSpec> config_tables() {
    return kTables;
}

std::span<const Option> config_options() {
    static const std::vector<Option> kOptions = all_options();
    return kOptions;
}

} // namespace coax
