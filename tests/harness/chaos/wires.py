# SPDX-License-Identifier: Apache-2.0
"""Faults of the underlay: flaps, MTUs, a bad wire, a route that leads the overlay astray."""

from topology.shell import until
from topology.switch import UPLINK
from topology.traffic import ping
from topology.wire import BadWire

from .fault import fault


_USABLE_MTUS = 1404, 1484  # 1280 bytes inside at least; smaller than it was at most


@fault
def uplink_flaps(world, node, rng):
    for _ in range(rng.randrange(1, 6)):
        node.namespace.ip(f"link set dev {UPLINK} down", f"link set dev {UPLINK} up")
    node.namespace.ip(f"link set dev {UPLINK} down")
    yield
    node.namespace.ip(f"link set dev {UPLINK} up")


@fault
def switch_port_goes_down(world, node, _rng):
    world.topology.switch.ip(f"link set dev {node.name} down")
    yield
    world.topology.switch.ip(f"link set dev {node.name} up")


@fault
def uplink_mtu_changes(world, node, rng):
    """First to one that cannot carry IPv6 inside, which the agent refuses to follow."""
    before = node.links()[node.lane_device()]["mtu"] if world.alone else 0
    for mtu in (rng.randrange(68, 1390), rng.randrange(*_USABLE_MTUS)):
        node.namespace.ip(f"link set dev {UPLINK} mtu {mtu}")
    if world.alone:
        until(lambda: node.links()[node.lane_device()]["mtu"] < before, "the lane follows")
    yield
    node.namespace.ip(f"link set dev {UPLINK} mtu {world.topology.switch.mtu}")


@fault
def wire_loses_repeats_and_reorders(world, node, rng):
    wire = BadWire(world.topology.switch, node.name, rng)
    try:
        yield
        assert not world.alone or (wire.counts["lost"] and wire.counts["late"]), wire.counts
    finally:
        wire.close()


@fault
def overlay_is_routed_to_the_uplink(world, node, _rng):
    """Somebody's mistake that would send what belongs into the tunnel out in clear. With a
    neighbour entry: the guard lets the kernel's own ARP request for the address out."""
    other = next(peer for peer in world.nodes if peer is not node)
    target = "10.1.0.77"
    node.namespace.ip(f"neigh replace {target} dev {UPLINK} lladdr {_mac(other)} nud permanent",
                      f"route replace {target}/32 dev {UPLINK}", check=world.alone)
    ping(node.namespace, target, count=3, interval_s=0.05, wait_s=1)
    yield
    node.namespace.ip(f"route del {target}/32 dev {UPLINK}",
                      f"neigh del {target} dev {UPLINK}", check=False)


def _mac(node):
    return node.links()[UPLINK]["address"]
