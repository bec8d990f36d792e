# SPDX-License-Identifier: Apache-2.0
"""Do many flows spread evenly over the lanes, and does one flow keep its order?"""

import json
import socket

from topology.shell import until
from topology.topology import Topology
from topology.traffic import ping

LANES = 4
FLOWS = 4096
WINDOW = 64  # datagrams under way at most: nothing is dropped, whatever the machine
# Chi-square with LANES - 1 = 3 degrees of freedom exceeds this once in a thousand even spreads.
CHI_SQUARE_LIMIT = 16.27
ORDERED_FLOWS = 8
ORDERED_DATAGRAMS = 1000
_FIRST_PORT = 20000


def measure():
    with Topology("lanes") as topology:
        topology.network("red", 100, "10.1.0", "2001:db8:1:")
        alpha, beta = (topology.node(name, lanes=LANES) for name in ("alpha", "beta"))
        a, b = topology.port(alpha, "c", "red"), topology.port(beta, "c", "red")
        topology.start()
        until(lambda: ping(a.namespace, b.ipv4, wait_s=1).received, "alpha reaches beta")
        return {"lanes": LANES, **_spread(alpha, a, b), **_order(a, b)}


def chi_square(observed):
    expected = sum(observed) / len(observed)
    return sum((count - expected) ** 2 / expected for count in observed)


def _spread(alpha, a, b):
    """One datagram per flow; flows differ in their destination port."""
    before = _lane_packets(alpha)
    sender = a.namespace.call(_udp_socket)
    for first in range(0, FLOWS, WINDOW):
        for flow in range(first, first + WINDOW):
            sender.sendto(b"flow", (b.ipv4, _FIRST_PORT + flow))
        until(lambda sent=first + WINDOW: sum(_lane_packets(alpha)) - sum(before) >= sent,
              "the lanes have taken the datagrams")
    sender.close()
    observed = [now - then for now, then in zip(_lane_packets(alpha), before)]
    value = chi_square(observed)
    return {"flows": FLOWS, "packets_per_lane": observed, "chi_square": round(value, 2),
            "chi_square_limit": CHI_SQUARE_LIMIT, "even": value <= CHI_SQUARE_LIMIT}


def _order(a, b):
    """Numbered datagrams of several flows at once; each flow must come as it was sent."""
    receivers = [b.namespace.call(_udp_socket, _FIRST_PORT + flow) for flow in range(ORDERED_FLOWS)]
    sender = a.namespace.call(_udp_socket)
    reordered = 0
    for first in range(0, ORDERED_DATAGRAMS, WINDOW // ORDERED_FLOWS):
        numbers = range(first, min(ORDERED_DATAGRAMS, first + WINDOW // ORDERED_FLOWS))
        for number in numbers:
            for flow in range(ORDERED_FLOWS):
                sender.sendto(number.to_bytes(4, "big"), (b.ipv4, _FIRST_PORT + flow))
        for receiver in receivers:
            got = [int.from_bytes(receiver.recv(4), "big") for _ in numbers]
            reordered += got != list(numbers)
    for sock in [*receivers, sender]:
        sock.close()
    return {"ordered_datagrams": ORDERED_FLOWS * ORDERED_DATAGRAMS, "reordered": reordered}


def _udp_socket(port=0):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("0.0.0.0", port))
    sock.settimeout(30)
    return sock


def _lane_packets(node):
    links = json.loads(node.namespace.run(["ip", "-j", "-s", "link"]).stdout)
    by_name = {link["ifname"]: link["stats64"]["tx"]["packets"] for link in links}
    return [by_name[node.lane_device(lane)] for lane in range(node.lanes)]
