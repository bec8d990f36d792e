// SPDX-License-Identifier: Apache-2.0
#include "unit/cli/messages.h"

#include <cstdint>
#include <limits>
#include <string>

namespace coax::test {
namespace {

constexpr std::uint64_t kHuge = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint32_t kHuge32 = std::numeric_limits<std::uint32_t>::max();
const std::string kLong(120, 'n');
const std::string kKey = "aGVsbG8gd29ybGQgaGVsbG8gd29ybGQgaGVsbG8gd28=";
const std::string kLongestEndpoint = "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:65535";

void add_lane(api::Status &status, std::uint32_t index, bool threaded) {
    api::Lane &lane = *status.add_lanes();
    lane.set_index(index);
    lane.set_device("coax-wg" + std::to_string(index));
    lane.set_listen_port(51820 + index);
    lane.set_public_key(kKey);
    lane.set_threaded_napi(threaded);
    lane.set_mtu(1440);
}

void add_network(api::Status &status, const std::string &name, std::uint32_t vni) {
    api::NetworkStatus &network = *status.add_networks();
    network.set_name(name);
    network.set_vni(vni);
    network.set_mtu(1390);
    network.set_flood(true);
    network.set_members(3);
    network.set_ports(1);
    network.set_learned(5);
    network.add_subnets("10.1.0.0/24");
}

api::Uplink &add_uplink(api::Status &status, const std::string &name, const std::string &mode) {
    api::Uplink &uplink = *status.add_uplinks();
    uplink.set_name(name);
    uplink.set_mtu(1500);
    uplink.set_up(true);
    uplink.set_xdp_mode(mode);
    uplink.set_dispatcher(mode == "native");
    return uplink;
}

void set_drop(api::DropCount &drop, const std::string &hook, const std::string &reason,
              std::uint64_t packets) {
    drop.set_hook(hook);
    drop.set_reason(reason);
    drop.set_text("what " + reason +
                  " means, said in a sentence that is longer than a line of "
                  "eighty columns, and what to do about it");
    drop.set_packets(packets);
    drop.set_bytes(packets > kHuge / 100 ? kHuge : packets * 100);
}

} // namespace

api::Status small_status() {
    api::Status status;
    status.set_version("0.1.0");
    status.set_abi_version(1);
    status.set_instance("coax");
    status.set_node_name("alpha");
    status.set_node_id(1);
    status.set_vtep("100.64.0.1");
    status.set_backend("kernel");
    add_uplink(status, "eth0", "native");
    add_lane(status, 0, true);
    add_lane(status, 1, true);
    add_network(status, "red", 100);
    add_network(status, "blue", 200);
    status.set_peers_up(2);
    status.set_peers_stale(1);
    status.set_drops_total(15);
    set_drop(*status.add_top_drops(), "xdp_uplink", "clear_vxlan", 12);
    set_drop(*status.add_top_drops(), "tc_port", "spoofed_mac", 3);
    status.set_uptime_seconds(11520);
    status.set_last_reconcile_ms(2100);
    status.set_fdb_entries(12);
    status.set_fdb_capacity(1048576);
    status.set_clear_frames(12);
    status.set_config_path("/etc/coax/coax.toml");
    api::Counter &counter = *status.add_counters();
    counter.set_name("encap");
    counter.set_text("frames encapsulated towards a remote node");
    counter.set_packets(1234);
    counter.set_bytes(98765);
    return status;
}

api::Status degraded_status() {
    api::Status status = small_status();
    status.mutable_uplinks(0)->set_xdp_mode("generic");
    status.mutable_uplinks(0)->set_dispatcher(false);
    api::Degradation &degradation = *status.add_degraded();
    degradation.set_what("xdp.generic");
    degradation.set_text("the driver of eth0 has no native XDP: packets are filtered later and "
                         "slower; use another NIC or driver, or set xdp = \"generic\"");
    status.set_last_error("/etc/coax/coax.toml:12: network.vni: expected 1..16777215, found 0");
    return status;
}

api::Status worst_status() {
    api::Status status;
    for (auto set : {&api::Status::set_fdb_entries, &api::Status::set_fdb_capacity,
                     &api::Status::set_clear_frames, &api::Status::set_drops_total,
                     &api::Status::set_uptime_seconds, &api::Status::set_last_reconcile_ms})
        (status.*set)(kHuge);
    status.set_version(kLong);
    status.set_instance(kLong);
    status.set_node_name(kLong);
    status.set_node_id(kHuge32);
    status.set_vtep(kLong);
    status.set_backend(kLong);
    status.set_config_path(kLong);
    status.set_last_error(kLong + "\n" + kLong);
    add_uplink(status, kLong, kLong).set_mtu(kHuge32);
    for (std::uint32_t i = 0; i < 8; ++i) {
        add_lane(status, i, i == 0);
        status.mutable_lanes(static_cast<int>(i))->set_listen_port(65535 - i * 7);
        status.mutable_lanes(static_cast<int>(i))->set_mtu(9000 + i);
        status.mutable_lanes(static_cast<int>(i))->set_device(kLong);
    }
    for (std::uint32_t i = 0; i < 12; ++i) {
        add_network(status, kLong, 16777215);
        status.mutable_networks(static_cast<int>(i))->set_learned(kHuge);
        set_drop(*status.add_top_drops(), kLong, kLong, kHuge);
    }
    status.add_degraded()->set_what(kLong);
    status.mutable_degraded(0)->set_text(kLong + " " + kLong);
    status.set_peers_never(kHuge32);
    return status;
}

api::Peers small_peers() {
    api::Peers peers;
    api::Peer &beta = *peers.add_peers();
    beta.set_name("beta");
    beta.set_node_id(2);
    beta.set_vtep("100.64.0.2");
    beta.set_state("up");
    beta.set_endpoint("192.0.2.2:51820");
    beta.set_lanes(2);
    beta.set_handshake_age_seconds(72);
    beta.set_rx_bytes(1536);
    beta.set_tx_bytes(123456789);
    beta.set_overlay_rx_packets(10);
    beta.set_overlay_tx_packets(90000);
    beta.set_last_rx_age_ms(120);
    beta.set_presence("alive");
    beta.set_round_trip_us(1234);
    beta.add_public_keys(kKey);
    api::Peer &gamma = *peers.add_peers();
    gamma = beta;
    gamma.set_name("gamma");
    gamma.set_node_id(3);
    gamma.set_vtep("100.64.0.3");
    gamma.set_state("stale");
    gamma.set_endpoint("[2001:db8::3]:51820");
    gamma.set_handshake_age_seconds(4000);
    gamma.set_presence("silent");
    api::Peer &delta = *peers.add_peers();
    delta.set_name("delta");
    delta.set_node_id(4);
    delta.set_vtep("100.64.0.4");
    delta.set_state("never");
    delta.set_handshake_age_seconds(-1);
    delta.set_last_rx_age_ms(-1);
    delta.set_presence("dead");
    delta.set_round_trip_us(-1);
    return peers;
}

api::Peers worst_peers() {
    api::Peers peers;
    api::Peer &peer = *peers.add_peers();
    peer.set_name(kLong);
    peer.set_vtep("255.255.255.255");
    peer.set_state("never");
    peer.set_endpoint(kLongestEndpoint);
    peer.set_handshake_age_seconds(86399);
    peer.set_rx_bytes(kHuge);
    peer.set_tx_bytes(kHuge);
    return peers;
}

api::Ports small_ports() {
    api::Ports ports;
    api::Port &c1 = *ports.add_ports();
    c1.set_name("red-c1");
    c1.set_network("red");
    c1.set_vni(100);
    c1.set_kind("netns");
    c1.set_netns("c1");
    c1.set_ifname("eth0");
    c1.set_mac("02:00:00:00:01:0b");
    c1.add_addresses("10.1.0.11/24");
    c1.add_addresses("2001:db8:1::11/64");
    c1.set_mtu(1390);
    c1.set_state("up");
    c1.set_rx_packets(7);
    c1.set_rx_bytes(700);
    c1.set_tx_packets(8);
    c1.set_tx_bytes(8192);
    c1.set_guard_ips(true);
    api::Port &host = *ports.add_ports();
    host.set_name("red-host");
    host.set_network("red");
    host.set_vni(100);
    host.set_kind("host");
    host.set_ifname("red0");
    host.set_mac("02:00:00:00:01:01");
    host.set_mtu(1390);
    host.set_state("missing");
    api::Port &broken = *ports.add_ports();
    broken = host;
    broken.set_name("blue-c2");
    broken.set_state("error: network namespace c2: /run/netns/c2 does not exist; make it with: "
                     "ip netns add c2");
    return ports;
}

api::Ports worst_ports() {
    api::Ports ports;
    api::Port &port = *ports.add_ports();
    port.set_name(kLong);
    port.set_network(kLong);
    port.set_netns("/proc/12345/ns/net" + kLong);
    port.set_ifname(kLong);
    port.add_addresses("2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff/128");
    port.add_addresses("2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff/128");
    port.set_state("error: " + kLong);
    port.set_rx_bytes(kHuge);
    port.set_tx_bytes(kHuge);
    return ports;
}

api::Fdb small_fdb() {
    api::Fdb fdb;
    const auto add = [&fdb](const char *mac, const char *where, const char *type,
                            std::int64_t age) {
        api::FdbEntry &entry = *fdb.add_entries();
        entry.set_network("red");
        entry.set_vni(100);
        entry.set_mac(mac);
        entry.set_where(where);
        entry.set_type(type);
        entry.set_age_ms(age);
    };
    add("02:00:00:00:01:0b", "red-c1", "port", -1);
    add("02:00:00:00:02:0b", "beta", "static", -1);
    add("02:00:00:00:03:0b", "gamma", "learned", 5000);
    fdb.set_total(3);
    return fdb;
}

api::Fdb worst_fdb() {
    api::Fdb fdb;
    api::FdbEntry &entry = *fdb.add_entries();
    entry.set_network(kLong);
    entry.set_vni(16777215);
    entry.set_mac("02:00:00:00:01:0b");
    entry.set_where(kLong);
    entry.set_type("learned");
    entry.set_age_ms(std::numeric_limits<std::int64_t>::max());
    fdb.set_truncated(true);
    fdb.set_total(kHuge);
    return fdb;
}

api::Drops small_drops() {
    api::Drops drops;
    set_drop(*drops.add_drops(), "tc_port", "spoofed_mac", 3);
    set_drop(*drops.add_drops(), "xdp_uplink", "clear_vxlan", 12);
    set_drop(*drops.add_drops(), "tc_uplink", "clear_vxlan", 1);
    return drops;
}

api::Drops worst_drops() {
    api::Drops drops;
    set_drop(*drops.add_drops(), kLong, kLong, kHuge);
    drops.mutable_drops(0)->set_text(kLong + " " + kLong);
    return drops;
}

api::Keys small_keys() {
    api::Keys keys;
    for (std::uint32_t lane = 0; lane < 2; ++lane) {
        api::Key &key = *keys.add_keys();
        key.set_lane(lane);
        key.set_public_key(kKey);
        key.set_listen_port(51820 + lane);
    }
    keys.set_peer_stanza("[[peer]]\nid = 1\nname = \"alpha\"\nkeys = [\"" + kKey + "\"]\n");
    return keys;
}

} // namespace coax::test
