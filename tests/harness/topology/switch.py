# SPDX-License-Identifier: Apache-2.0
"""The untrusted underlay: a bridge in a namespace of its own, one port per node."""

import json

from .netns import Namespace
from .shell import run, until

UNDERLAY_V4 = "192.0.2.0/24"
UNDERLAY_V6 = "2001:db8:ff::/64"
UPLINK = "eth0"

# No router solicitations, no link-local addresses where nobody asked for them, no DAD delay.
QUIET_IPV6 = (
    ("net.ipv6.conf.default.accept_dad", 0),
    ("net.ipv6.conf.default.router_solicitations", 0),
    ("net.ipv6.conf.default.accept_ra", 0),
)
NO_LINK_LOCAL = (("net.ipv6.conf.default.addr_gen_mode", 1),)
NO_IPV6 = (("net.ipv6.conf.default.disable_ipv6", 1),)


def underlay_v4(host):
    return f"192.0.2.{host}"


def underlay_v6(host):
    return f"2001:db8:ff::{host:x}"


class Switch(Namespace):
    """`plug` gives a namespace an uplink with the given addresses."""

    def __init__(self, name, mtu=1500):
        super().__init__(name)
        self.mtu = mtu

    def create(self, sysctls=NO_IPV6):
        super().create(sysctls)
        self.ip(
            f"link add name br0 mtu {self.mtu} type bridge forward_delay 0 stp_state 0 "
            "mcast_snooping 0",
            "link set dev br0 up")
        return self

    def plug(self, namespace, port, host, *, v4=True, v6=False, mtu=None, ifname=UPLINK):
        """Port `port` of the switch <-> `ifname` in `namespace`, underlay host number `host`."""
        mtu = mtu or self.mtu
        self.ip(
            f"link add name {port} mtu {mtu} type veth peer name {ifname} mtu {mtu} "
            f"netns {namespace.name}",
            f"link set dev {port} master br0 up")
        address_uplink(namespace, host, v4=v4, v6=v6, ifname=ifname)
        self.wait_forwarding(port)

    def wait_forwarding(self, port):
        """Until the port carries frames: its carrier is noticed some time after `link set up`, and
        what is sent before that is lost."""
        def carries():
            rows = json.loads(run(["ip", "-n", self.name, "-d", "-j", "link", "show",
                                   "dev", port]).stdout)
            return (rows[0]["operstate"] == "UP"
                    and rows[0]["linkinfo"]["info_slave_data"]["state"] == "forwarding")

        until(carries, f"the switch forwards to {port}")


def address_uplink(namespace, host, *, v4, v6, ifname=UPLINK):
    """Brings the uplink up with the underlay addresses of host number `host`."""
    lines = [f"link set dev {ifname} up"]
    if v4:
        lines.append(f"addr add {underlay_v4(host)}/24 dev {ifname}")
    if v6:
        lines.append(f"addr add {underlay_v6(host)}/64 dev {ifname} nodad")
    namespace.ip(*lines)
