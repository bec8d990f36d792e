# SPDX-License-Identifier: Apache-2.0
"""What every contender offers: two nodes on a cable of their own, the ends traffic runs between.

     container 1 [eth0]                          [eth0] container 2      place "container"
                   |                               |
            node 1 [port] .. overlay .. [eth0] -- [eth0] .. [port] node 2   place "host": an
                                                                     interface of the node itself
"""

import os
from dataclasses import dataclass

from topology.cable import Cable
from topology.netns import Namespace
from topology.switch import QUIET_IPV6

PLACES = ("container", "host")
FAMILIES = ("ipv4", "ipv6")

# Underlay MTU -> MTU of the WireGuard device and of what is inside VXLAN; design section 4.
WIREGUARD_MTU = {1500: 1440, 9000: 8928}
VXLAN_MTU = {mtu: inner - 50 for mtu, inner in WIREGUARD_MTU.items()}


@dataclass(frozen=True)
class End:
    """Where a program runs and the addresses it is reached at."""
    namespace: Namespace
    ipv4: str
    ipv6: str

    def address(self, family):
        return self.ipv4 if family == "ipv4" else self.ipv6


def end(namespace, network, number):
    """Addresses of networks by number: 1 containers, 2 hosts."""
    return End(namespace, f"10.{network}.0.{number}", f"2001:db8:{network}::{number}")


class Pair:
    """Base of the contenders made by hand. Derived classes build in their constructor, after this
    one; `ends` maps a place to its two ends. Everything goes with the namespaces in `close`."""

    def __init__(self, prefix, underlay_mtu, directory):
        self.underlay_mtu = underlay_mtu
        self.directory = f"{directory}/{prefix}"
        self.ends = {}
        self.hosts, self.containers = [], []
        os.makedirs(self.directory, mode=0o700)
        cable = Cable(underlay_mtu)
        for number in (1, 2):
            self.hosts.append(Namespace(f"{prefix}-n{number}").create(QUIET_IPV6))
            self.containers.append(Namespace(f"{prefix}-c{number}").create(QUIET_IPV6))
            cable.plug(self.hosts[-1], "", number)

    def plug_containers(self, mtu):
        """Each container's `eth0` on the node's `port`, with its address in network 1."""
        self.ends["container"] = []
        for number, (host, container) in enumerate(zip(self.hosts, self.containers), 1):
            mine = end(container, 1, number)
            host.ip(f"link add name port index {PORT_IFINDEX} mtu {mtu} type veth peer name eth0 "
                    f"mtu {mtu} netns {container.name}",
                    "link set dev port up")
            container.ip("link set dev eth0 up", f"addr add {mine.ipv4}/24 dev eth0",
                         f"addr add {mine.ipv6}/64 dev eth0 nodad")
            self.ends["container"].append(mine)

    def bridge(self, device, mtu):
        """A bridge of the overlay's device and the container; the node's own address is on it."""
        for host in self.hosts:
            host.ip(f"link add name br0 mtu {mtu} type bridge forward_delay 0 stp_state 0 "
                    "mcast_snooping 0",
                    f"link set {device} mtu {mtu} master br0 up", "link set br0 up")
        self.plug_containers(mtu)
        for host in self.hosts:
            host.ip("link set port master br0")
        self.address_hosts("br0")

    def address_hosts(self, device):
        """The node's own address in network 2 on `device`."""
        self.ends["host"] = [end(host, 2, number) for number, host in enumerate(self.hosts, 1)]
        for mine in self.ends["host"]:
            mine.namespace.ip(f"addr add {mine.ipv4}/24 dev {device}",
                              f"addr add {mine.ipv6}/64 dev {device} nodad")

    def close(self):
        for namespace in self.containers + self.hosts:
            namespace.delete()


def private(path, flags):
    """An opener for key files."""
    return os.open(path, flags, 0o600)


# Fixed, so that the programs of collect_md.bpf.c are compiled before there are interfaces.
PORT_IFINDEX = 1001
TUNNEL_IFINDEX = 1003
HOST_PORT_IFINDEX = 1004
HOST_IFINDEX = 1005
