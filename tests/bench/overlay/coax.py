# SPDX-License-Identifier: Apache-2.0
"""Coax as a contender: two agents as a user would start them, a container and a host port each."""

import json

from topology.shell import run
from topology.switch import UPLINK
from topology.topology import Topology

from .pair import End

# One reconcile would otherwise fall into some measurements and not into others.
RECONCILE_PERIOD_MS = 600_000


class Coax:
    """Offers what pair.Pair does."""

    def __init__(self, prefix, underlay_mtu, directory):
        self.underlay_mtu = underlay_mtu
        self.topology = Topology(prefix, mtu=underlay_mtu, cable=True)
        try:
            self._build()
        except BaseException:
            self.topology.close()
            raise

    def _build(self):
        self.topology.network("c", 100, "10.1.0", "2001:db8:1:")
        self.topology.network("h", 200, "10.2.0", "2001:db8:2:")
        for name in ("alpha", "beta"):
            node = self.topology.node(name)
            node.config["agent"].update(reconcile_period_ms=RECONCILE_PERIOD_MS, log_level="info")
            self.topology.port(node, "c", "c", guard_ips=True)
            self.topology.port(node, "h", "h", kind="host", guard_ips=True)
        self.topology.start()
        self.ends = {place: [End(port.namespace, port.ipv4, port.ipv6) for port in
                             (node.attachment(place[0]) for node in self.topology.nodes.values())]
                     for place in ("container", "host")}

    def drops(self):
        """{"hook/reason": packets} over both nodes; a fair measurement has next to none."""
        total = {}
        for node in self.topology.nodes.values():
            for (hook, reason), packets in node.drops().items():
                total[f"{hook}/{reason}"] = total.get(f"{hook}/{reason}", 0) + packets
        return {name: packets for name, packets in total.items() if packets}

    def close(self):
        self.topology.close()


class CoaxWithoutXdp(Coax):
    """Tells what the bench's uplinks cost: a veth copies each packet for XDP into a page of its own
    (drivers/net/veth.c, veth_convert_skb_to_xdp_buff), which the driver of a NIC does not. The
    agents are ended, else they would attach `xdp_uplink` again."""

    def _build(self):
        super()._build()
        for node in self.topology.nodes.values():
            node.kill()
            node.namespace.ip(f"link set dev {UPLINK} xdp off")


class ProgramTimes:
    """What BPF programs cost, by the kernel's own account (kernel.bpf_stats_enabled), between two
    calls of `read`."""

    def __init__(self):
        self._set(1)

    def read(self):
        """{program name: (runs, nanoseconds)} so far, of all programs of that name."""
        times = {}
        for program in json.loads(run(["bpftool", "--json", "prog", "show"]).stdout):
            runs, nanoseconds = times.get(program.get("name"), (0, 0))
            times[program.get("name")] = (runs + program.get("run_cnt", 0),
                                          nanoseconds + program.get("run_time_ns", 0))
        return times

    def close(self):
        self._set(0)

    @staticmethod
    def _set(value):
        with open("/proc/sys/kernel/bpf_stats_enabled", "w", encoding="ascii") as file:
            file.write(str(value))
