# SPDX-License-Identifier: Apache-2.0
"""What the kernel itself threw away because a program or a processor did not keep up: on a loaded
or emulated machine that is no fault of what is tested, and it is counted."""

import json

from .shell import run


def link_drops(namespaces):
    """Packets the queues of all devices had no room for (netdev_max_backlog)."""
    total = 0
    for namespace in namespaces:
        rows = json.loads(run(["ip", "-n", namespace.name, "-j", "-s", "link"]).stdout)
        total += sum(row["stats64"][way]["dropped"] for row in rows for way in ("rx", "tx"))
    return total


def socket_overflows(namespaces):
    """Datagrams that found the receive buffer of a UDP socket full: of a receiver's, or of
    wireguard-go's. Kernel WireGuard has none."""
    return sum(namespace.call(_overflows) for namespace in namespaces)


def _overflows():
    with open("/proc/thread-self/net/snmp", encoding="ascii") as file:
        names, values = (line.split() for line in file if line.startswith("Udp:"))
    v4 = int(values[names.index("RcvbufErrors")])
    with open("/proc/thread-self/net/snmp6", encoding="ascii") as file:
        rows = dict(line.split() for line in file)
    return v4 + int(rows["Udp6RcvbufErrors"])


def namespaces_of(*attachments):
    """Of the ports' users and of their nodes."""
    return [namespace for port in attachments
            for namespace in (port.namespace, port.node.namespace)]
