# SPDX-License-Identifier: Apache-2.0
"""The underlay of a measurement: one veth pair between two nodes, nothing on it that costs time."""

from .switch import UPLINK, address_uplink


class Cable:
    """Takes the place of a Switch with two plugs: the first end waits for the second."""

    name = "cable"

    def __init__(self, mtu=1500):
        self.mtu = mtu
        self._waiting = None

    def plug(self, namespace, _port, host, *, v4=True, v6=False, mtu=None):
        """`UPLINK` in `namespace` with the underlay addresses of `host`."""
        if self._waiting is None:
            self._waiting = (namespace, host, v4, v6)
            return
        other, other_host, other_v4, other_v6 = self._waiting
        mtu = mtu or self.mtu
        namespace.ip(f"link add name {UPLINK} mtu {mtu} type veth peer name {UPLINK} mtu {mtu} "
                     f"netns {other.name}")
        address_uplink(other, other_host, v4=other_v4, v6=other_v6)
        address_uplink(namespace, host, v4=v4, v6=v6)
        self._waiting = None

    def delete(self):
        """The pair goes with its namespaces."""


class NoCapture:
    """Watches nothing: a tap would copy every packet that is measured."""

    def watch(self, _port):
        pass

    def allow_udp_ports(self, _ports):
        pass

    def allow_tls_port(self, _port):
        pass

    def findings(self):
        return []

    def forget(self):
        pass

    def close(self):
        pass

