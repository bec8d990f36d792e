# SPDX-License-Identifier: Apache-2.0
"""Contenders over kernel WireGuard, made by hand: routed, vxlan and bridge, vxlan driven by BPF."""

import os
import tempfile

from topology.shell import run
from topology.switch import underlay_v4

from .pair import (HOST_IFINDEX, HOST_PORT_IFINDEX, PORT_IFINDEX, TUNNEL_IFINDEX, VXLAN_MTU,
                   WIREGUARD_MTU, Pair, private)

LISTEN_PORT = 51820
VNI = 77
_HERE = os.path.dirname(os.path.abspath(__file__))


def vtep(number):
    return f"100.64.0.{number}"


class WireGuardPair(Pair):
    """`wg0` on both nodes, each the other's only peer, with its VTEP as Coax has it."""

    def __init__(self, prefix, underlay_mtu, directory):
        super().__init__(prefix, underlay_mtu, directory)
        keys = [run(["wg", "genkey"]).stdout.strip() for _ in self.hosts]
        for number, host in enumerate(self.hosts, 1):
            other = 3 - number
            public_key = run(["wg", "pubkey"], stdin=keys[other - 1]).stdout.strip()
            path = f"{self.directory}/n{number}.key"
            with open(path, "w", encoding="ascii", opener=private) as file:
                file.write(keys[number - 1])
            host.ip(f"link add wg0 mtu {WIREGUARD_MTU[underlay_mtu]} type wireguard")
            host.run(["wg", "set", "wg0", "private-key", path, "listen-port", LISTEN_PORT,
                      "peer", public_key, "allowed-ips", self.allowed_ips(other),
                      "endpoint", f"{underlay_v4(other)}:{LISTEN_PORT}"])
            host.ip(f"addr add {vtep(number)}/24 dev wg0", "link set wg0 up")

    def allowed_ips(self, number):
        return f"{vtep(number)}/32"

    def thread_napi(self):
        """What coaxd does to its lanes: a device's receive work in a kernel thread of its own."""
        for host in self.hosts:
            with tempfile.TemporaryDirectory(dir=self.directory) as sys_of_host:
                host.run(["unshare", "--mount", "sh", "-ec",
                          f"mount -t sysfs sysfs {sys_of_host}\n"
                          f"echo 1 > {sys_of_host}/class/net/wg0/threaded"])


class Routed(WireGuardPair):
    """No overlay: containers are routed by their nodes, hosts talk over `wg0` itself."""

    def __init__(self, prefix, underlay_mtu, directory):
        super().__init__(prefix, underlay_mtu, directory)
        self.address_hosts("wg0")
        self.plug_containers(WIREGUARD_MTU[underlay_mtu])
        for number, (host, container) in enumerate(zip(self.hosts, self.containers), 1):
            other = self.ends["container"][2 - number]
            mine = self.ends["container"][number - 1]
            host.sysctl("net.ipv4.ip_forward", 1)
            host.sysctl("net.ipv6.conf.all.forwarding", 1)
            host.ip("addr add 10.3.0.1/32 dev port", "addr add 2001:db8:3::1/128 dev port nodad",
                    f"route add {mine.ipv4}/32 dev port", f"route add {mine.ipv6}/128 dev port",
                    f"route add {other.ipv4}/32 dev wg0", f"route add {other.ipv6}/128 dev wg0")
            container.ip("route add 10.3.0.1/32 dev eth0", "route add 2001:db8:3::1/128 dev eth0",
                         f"route add {other.ipv4}/32 via 10.3.0.1",
                         f"route add {other.ipv6}/128 via 2001:db8:3::1")

    def allowed_ips(self, number):
        return ",".join([f"{vtep(number)}/32"] + [
            f"10.{network}.0.{number}/32,2001:db8:{network}::{number}/128" for network in (1, 2)])


class VxlanBridge(WireGuardPair):
    """What an operator builds by hand: a bridge with a vxlan device and the containers' ports."""

    def __init__(self, prefix, underlay_mtu, directory):
        super().__init__(prefix, underlay_mtu, directory)
        for number, host in enumerate(self.hosts, 1):
            host.ip(f"link add vx0 type vxlan id {VNI} local {vtep(number)} "
                    f"remote {vtep(3 - number)} dstport 4789 dev wg0")
        self.bridge("vx0", VXLAN_MTU[underlay_mtu])


class CollectMd(WireGuardPair):
    """A flow-based vxlan device told by BPF where to send, BPF delivering into the port's far end.
    `prepared`: folder with the compiled programs, see prepare()."""

    def __init__(self, prefix, underlay_mtu, directory, prepared):
        super().__init__(prefix, underlay_mtu, directory)
        inner = VXLAN_MTU[underlay_mtu]
        for host in self.hosts:
            host.ip(f"link add name vx0 index {TUNNEL_IFINDEX} mtu {inner} type vxlan external "
                    "dstport 4789",
                    f"link add name hport index {HOST_PORT_IFINDEX} mtu {inner} type veth "
                    f"peer name stor0 index {HOST_IFINDEX} mtu {inner}",
                    "link set vx0 up", "link set hport up", "link set stor0 up")
        self.plug_containers(inner)
        self.address_hosts("stor0")
        for number, host in enumerate(self.hosts, 1):
            for device, section in (("port", "to_tunnel"), ("hport", "host_to_tunnel"),
                                    ("vx0", "from_tunnel")):
                host.run(["tc", "qdisc", "add", "dev", device, "clsact"])
                host.run(["tc", "filter", "add", "dev", device, "ingress", "bpf", "direct-action",
                          "obj", f"{prepared}/collect_md{number}.o", "sec", f"tc/{section}"])


def prepare(folder):
    """`folder`/collect_md1.o and collect_md2.o: the programs of node 1 and node 2."""
    for number in (1, 2):
        remote = int.from_bytes(bytes(int(part) for part in vtep(3 - number).split(".")), "big")
        run(["clang", "--target=bpf", "-O2", "-g", "-I/usr/include/x86_64-linux-gnu",
             f"-DBENCH_VNI={VNI}", f"-DBENCH_REMOTE={remote}",
             f"-DBENCH_TUNNEL_IFINDEX={TUNNEL_IFINDEX}", f"-DBENCH_PORT_IFINDEX={PORT_IFINDEX}",
             f"-DBENCH_HOST_IFINDEX={HOST_IFINDEX}", "-c", f"{_HERE}/../collect_md.bpf.c",
             "-o", f"{folder}/collect_md{number}.o"])

