// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/base/types.h"
#include "lib/base/vtep.h"

namespace coax {

enum class BackendChoice { kAuto, kKernel, kUserspace };
enum class XdpChoice { kAuto, kNative, kGeneric };
enum class PortKind { kHost, kNetns };

/// This node. Everything here is an option of the table in lib/config/options.
struct NodeConfig {
    NodeId id;
    std::string name;
    std::string instance = "coax"; // 1..8 of [a-z0-9], first a letter: prefix of pins and devices
};

struct UnderlayConfig {
    std::vector<std::string> uplinks; // interface names, 1..COAX_UPLINKS_MAX
    UdpPort listen_port{51820};       // lane i listens on listen_port + i; second keys: 8 more
    std::optional<std::uint32_t> mtu; // bytes; absent = smallest MTU of the uplinks
    XdpChoice xdp = XdpChoice::kAuto;
    bool drop_all_vxlan = true; // false: only VXLAN that carries a VNI of ours
    bool guard_subnets = true;  // drop overlay addresses in clear on uplinks
};

struct WireGuardConfig {
    BackendChoice backend = BackendChoice::kAuto;
    std::uint32_t lanes = 1;           // 1..COAX_LANES_MAX
    std::chrono::days rotate_keys{30}; // 0: only by `coax key rotate`
};

struct OverlayConfig {
    IpPrefix vtep_pool; // IPv4; VTEP of a node = pool base + node id
    UdpPort vxlan_port{4789};
    std::uint32_t fdb_entries = 1U << 20;
    std::uint32_t member_entries = 1U << 18;
    std::uint32_t guard_entries = 1U << 16;
    std::chrono::seconds fdb_age{300};
};

struct AgentConfig {
    std::string state_dir; // default /var/lib/coax/<instance>; keys in <state_dir>/keys
    std::string run_dir;   // default /run/coax/<instance>; socket <run_dir>/agent.sock
    std::chrono::milliseconds reconcile_period{5000};
    std::string log_level = "info";
};

/// When a peer that is silent counts as gone (agent/liveness).
struct LivenessConfig {
    std::chrono::milliseconds probe_after{10'000}; // of silence
    std::uint32_t probes = 5;                      // unanswered ones
    std::uint32_t probes_per_second = 500;         // to all peers together
};

/// Where to listen; no address: nowhere.
struct ListenAddress {
    std::optional<SocketAddress> address;

    /// "127.0.0.1:9786", "[::1]:9786", or "" for nowhere.
    static Result<ListenAddress> parse(std::string_view text);
    [[nodiscard]] std::string to_string() const;
    auto operator<=>(const ListenAddress &) const = default;
};

struct MetricsConfig {
    ListenAddress listen;
    bool per_peer = true; // series for each peer
};

enum class ExpiryChoice { kWarn, kCut };

/// The controllers this node follows; none: the file says it all.
struct ControlConfig {
    std::vector<std::string> controllers; // "host:port"
    std::string network_id;               // of the overlay; needed with controllers
    // Files; defaults below <state_dir>/control.
    std::string tls_certificate; // what the controllers show, PEM
    std::string identity;        // private key of this node
    std::string certificate;     // of that key; default <identity>-cert.pub
    std::string trust_anchors;   // keys of the CAs
    ExpiryChoice on_expiry = ExpiryChoice::kWarn;
    std::vector<SocketAddress> announce; // empty: addresses of the uplinks, listen_port

    [[nodiscard]] bool follows() const { return !controllers.empty(); }
};

/// Another node.
struct Peer {
    NodeId id;
    std::string name;
    std::optional<SocketAddress> endpoint; // lane i at port + i; absent: wait until it calls
    std::vector<PublicKey> keys;           // one per lane, 1..COAX_LANES_MAX
    std::chrono::seconds keepalive{0};     // 0 = off
    KeySet key_set = KeySet::kFirst;       // which of its two sets `keys` are
    /// Keys it is about to change to, as many as `keys` or none: its other set.
    std::vector<PublicKey> next_keys{};
    auto operator<=>(const Peer &) const = default;
};

/// A virtual Ethernet segment.
struct Network {
    Vni vni;
    std::string name;
    std::vector<IpPrefix> subnets;
    bool flood = true;
    std::uint32_t flood_pps = 1000;
    bool learn = true;
    std::uint32_t learn_limit = 65536;
    std::optional<std::uint32_t>
        mtu;                  // inner IP MTU in bytes; absent = as large as the underlay allows
    std::set<NodeId> members; // nodes that may use it, this one included
    bool all_nodes = false;   // `members` are all nodes that are known, whoever comes
    auto operator<=>(const Network &) const = default;
};

/// A local attachment to a network.
struct Port {
    std::string name; // unique on this node; [a-z0-9-], at most 32
    Vni vni;
    PortKind kind = PortKind::kHost;
    std::string netns;  // kNetns: name under /run/netns, or an absolute path
    std::string ifname; // interface the user sees
    MacAddress mac;     // defaults to one derived from {instance, node id, port name}
    std::vector<MacAddress> more_macs;
    std::vector<IpPrefix> addresses; // assigned to the interface
    bool guard_ips = false;          // source addresses limited to `addresses` and `more_ips`
    std::vector<IpAddress> more_ips;
    auto operator<=>(const Port &) const = default;
};

/// A static FDB entry: this MAC is behind that node.
struct Endpoint {
    Vni vni;
    MacAddress mac;
    NodeId node;
    auto operator<=>(const Endpoint &) const = default;
};

/// Port of lane `lane`, where lane 0 of the first keys has `first`: the second keys are
/// COAX_LANES_MAX further.
UdpPort lane_port_from(UdpPort first, std::uint32_t lane, KeySet set);

/// Everything this node should be: immutable once built, made from a file and from what verified
/// of its controllers' word.
/// Validated: names, ids, MACs unique; references resolve; ranges hold.
struct DesiredState {
    NodeConfig node;
    UnderlayConfig underlay;
    WireGuardConfig wireguard;
    OverlayConfig overlay;
    AgentConfig agent;
    LivenessConfig liveness;
    MetricsConfig metrics;
    ControlConfig control;
    std::map<NodeId, Peer> peers;
    std::map<Vni, Network> networks;
    std::map<std::string, Port> ports; // by name
    std::vector<Endpoint> endpoints;

    /// VTEP of a node: pool base + id. The id is known to fit the pool.
    [[nodiscard]] IpAddress vtep_of(NodeId id, KeySet set = KeySet::kFirst) const {
        return vtep_in(overlay.vtep_pool, id, set);
    }
    /// Where lane `lane` of one of this node's two sets listens.
    [[nodiscard]] UdpPort lane_port(std::uint32_t lane, KeySet set) const;
};

using DesiredStatePtr = std::shared_ptr<const DesiredState>;

} // namespace coax
