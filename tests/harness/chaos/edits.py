# SPDX-License-Identifier: Apache-2.0
"""Faults done by hand, with wg, ip, tc and bpftool, behind the agent's back."""

import base64
import os

from topology.inspect import bpftool, pinned_map
from topology.shell import run
from topology.switch import UPLINK

from .fault import fault
from .world import MOVED_PORT

STRANGER = "A" * 42 + "I="
# {wg} lane, {hand} hand-over, {port} the agent's end of a port, {key} of a random peer, {secret} a
# file with 32 random bytes in base64.
COMMANDS = {
    "wg_peer_removed": "wg set {wg} peer {key} remove",
    "wg_stranger_added": "wg set {wg} peer {stranger} allowed-ips 100.64.0.99/32",
    "wg_allowed_ips_widened": "wg set {wg} peer {key} allowed-ips 0.0.0.0/0",
    "wg_endpoint_changed": "wg set {wg} peer {key} endpoint 192.0.2.250:51820",
    "wg_preshared_key_set": "wg set {wg} peer {key} preshared-key {secret}",
    "wg_private_key_changed": "wg set {wg} private-key {secret}",
    "wg_listen_port_changed": "wg set {wg} listen-port {moved}",
    "ip_lane_deleted": "ip link del {wg}",
    "ip_lane_down": "ip link set dev {wg} down",
    "ip_lane_mtu": "ip link set dev {wg} mtu 900",
    "ip_handover_deleted": "ip link del {hand}",
    "ip_handover_down": "ip link set dev {hand} down",
    "ip_port_deleted": "ip link del {port}",
    "ip_port_down": "ip link set dev {port} down",
    "ip_port_mtu": "ip link set dev {port} mtu 700",
    "tc_lane_detached": "tc qdisc del dev {wg} clsact",
    "tc_handover_detached": "tc qdisc del dev {hand} clsact",
    "tc_port_detached": "tc qdisc del dev {port} clsact",
    "tc_uplink_detached": "tc qdisc del dev {uplink} clsact",
    "xdp_uplink_detached": "ip link set dev {uplink} xdp off",
}
# In the container, whose root may do that.
CONTAINER_COMMANDS = {
    "container_port_deleted": "ip link del {ifname}",
    "container_port_down": "ip link set dev {ifname} down",
    "container_addresses_flushed": "ip addr flush dev {ifname}",
    "container_mac_changed": "ip link set dev {ifname} address 02:ff:ff:00:00:01",
    "container_mtu_raised": "ip link set dev {ifname} mtu 9000",
}
MAPS = ("coax_members", "coax_nodes", "coax_paths", "coax_networks", "coax_flood", "coax_fdb",
        "coax_ports", "coax_guard_mac", "coax_guard_ip", "coax_subnets")


def _by_hand(name, command):
    def done(world, node, rng):
        peers = [peer["keys"][0] for peer in node.config["peer"]]
        secret = f"{node.directory}/secret"
        with open(secret, "wb") as file:
            file.write(base64.b64encode(os.urandom(32)))
        words = command.format(
            wg=node.lane_device(), hand=f"{node.instance}-hand", uplink=UPLINK, secret=secret,
            port=node.port_link("red-c")["ifname"], key=rng.choice(peers), stranger=STRANGER,
            moved=MOVED_PORT).split()
        node.namespace.run(words, check=world.alone)
        yield

    done.__name__ = name
    fault(done)


def _in_container(name, command):
    def done(world, node, _rng):
        port = node.attachment("red-c")
        port.namespace.run(command.format(ifname=port.ifname).split(), check=world.alone)
        yield

    done.__name__ = name
    fault(done)


for _name, _command in COMMANDS.items():
    _by_hand(_name, _command)
for _name, _command in CONTAINER_COMMANDS.items():
    _in_container(_name, _command)


def _update(path, key, value):
    run(["bpftool", "map", "update", "pinned", path, "key", *key, "value", *value], check=False)


@fault
def bpftool_deletes_entries(_world, node, rng):
    """Up to three entries of each of some maps."""
    for name in rng.sample(MAPS, rng.randrange(1, len(MAPS))):
        path = pinned_map(node, name)
        for row in (bpftool("map", "dump", "pinned", path) or [])[:3]:
            run(["bpftool", "map", "delete", "pinned", path, "key", *row["key"]], check=False)
    yield


@fault
def bpftool_writes_rubbish(_world, node, rng):
    """Random bytes over values of a table; nobody else's memory is behind them."""
    name = rng.choice(("coax_members", "coax_nodes", "coax_paths", "coax_networks", "coax_subnets"))
    path = pinned_map(node, name)
    for row in (bpftool("map", "dump", "pinned", path) or [])[:3]:
        _update(path, row["key"], [rng.randrange(256) for _ in row["value"]])
    yield


@fault
def bpftool_clears_the_settings(_world, node, _rng):
    path = pinned_map(node, "coax_settings")
    for row in bpftool("map", "dump", "pinned", path):
        _update(path, row["key"], [0] * len(row["value"]))
    yield
