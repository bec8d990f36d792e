# SPDX-License-Identifier: Apache-2.0
"""A node that is plain Linux: no Coax on it, only what iproute2 and wg set up.

    container [eth0] --- veth --- [brVNI] --- [vxVNI] --- [...-wg0] --- [eth0] --- switch
"""

import os

from .node import remove_instance, vtep_of
from .shell import run
from .switch import underlay_v4

LISTEN_PORT = 51820
VXLAN_PORT = 4789
LANE_MTU = 1440  # WireGuard's for an underlay of 1500 bytes over IPv4
_POOL_BITS = 10


class PlainNode:
    """Made by Topology.plain_node(). Networks and containers are there after start()."""

    def __init__(self, name, node_id, instance, namespace, directory):
        self.name, self.node_id, self.instance = name, node_id, instance
        self.namespace, self.directory = namespace, directory
        self.v4, self.v6 = True, False
        self.attachments = []
        os.makedirs(directory, mode=0o700)
        with open(f"{directory}/instance", "w", encoding="ascii") as file:
            file.write(instance)  # for topology.remove_leftovers
        self._key_path = f"{directory}/private.key"
        private = run(["wg", "genkey"]).stdout
        with open(os.open(self._key_path, os.O_WRONLY | os.O_CREAT, 0o600), "w",
                  encoding="ascii") as file:
            file.write(private)
        self.public_keys = [run(["wg", "pubkey"], stdin=private).stdout.strip()]

    @property
    def vtep(self):
        return vtep_of(self.node_id)

    def lane_device(self):
        return f"{self.instance}-wg0"

    @property
    def udp_ports(self):
        return [LISTEN_PORT]

    def endpoint_for(self, _other):
        return f"{underlay_v4(self.node_id)}:{LISTEN_PORT}"

    def start(self, peers, networks):
        """`peers` are Coax nodes, `networks` their tables; the last one's VXLAN has no UDP
        checksum, the others have it, as Linux has it by default."""
        self._make_wireguard(peers)
        for table in networks:
            self._make_network(table["vni"], peers, table is not networks[-1])
        for port in self.attachments:
            self._make_port(port, next(table["vni"] for table in networks
                                       if table["name"] == port.network))

    def _make_wireguard(self, peers):
        backend = os.environ.get("COAX_TEST_BACKEND", "auto")
        made = backend != "userspace" and self.namespace.ip(
            f"link add name {self.lane_device()} type wireguard", check=backend == "kernel")
        if not made or made.returncode != 0:
            self.namespace.run(["wireguard-go", self.lane_device()])
        self._wg_set("listen-port", LISTEN_PORT, "private-key", self._key_path)
        for peer in peers:
            self._wg_set("peer", peer.public_keys[0], "allowed-ips", f"{peer.vtep}/32",
                         "endpoint", peer.endpoint_for(self))
        self.namespace.ip(f"link set dev {self.lane_device()} mtu {LANE_MTU} up",
                          f"addr add {self.vtep}/{_POOL_BITS} dev {self.lane_device()}")

    def _wg_set(self, *arguments):
        self.namespace.run(["wg", "set", self.lane_device(), *arguments])

    def _make_network(self, vni, peers, with_checksum):
        checksum = "udpcsum" if with_checksum else "noudpcsum"
        self.namespace.ip(
            f"link add name vx{vni} type vxlan id {vni} local {self.vtep} dev {self.lane_device()} "
            f"dstport {VXLAN_PORT} {checksum}",
            f"link add name br{vni} type bridge",
            f"link set dev vx{vni} master br{vni} up",
            f"link set dev br{vni} up")
        for peer in peers:  # broadcasts go to each; unicast as the device learns
            self.namespace.run(["bridge", "fdb", "append", "00:00:00:00:00:00", "dev", f"vx{vni}",
                                "dst", peer.vtep])

    def _make_port(self, port, vni):
        if port.namespace is self.namespace:  # the node's own port: the bridge itself
            self.namespace.ip(f"link set dev br{vni} address {port.mac}")
        else:
            mtu = LANE_MTU - 50
            self.namespace.ip(
                f"link add name v{port.name} mtu {mtu} type veth peer name {port.ifname} "
                f"mtu {mtu} address {port.mac} netns {port.namespace.name}",
                f"link set dev v{port.name} master br{vni} up")
        port.namespace.ip(f"link set dev {port.ifname} up",
                          f"addr add {port.ipv4}/24 dev {port.ifname}",
                          f"addr add {port.ipv6}/64 dev {port.ifname} nodad")

    def attachment(self, name):
        return next(port for port in self.attachments if port.name == name)

    def discard(self):
        for port in self.attachments:
            if port.namespace is not self.namespace:
                port.namespace.delete()
        self.namespace.delete()
        remove_instance(self.instance)
