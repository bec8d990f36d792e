# SPDX-License-Identifier: Apache-2.0
"""Containers and host ports on three nodes reach each other; equal subnets never mix."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from topology.crossed import crossed
from topology.shell import until
from topology.traffic import ping

NETWORKS = ("red", "blue")


def address(port, family):
    return port.ipv4 if family == "ipv4" else port.ipv6


def neighbour(port, target):
    """What `port`'s kernel knows about an address: (MAC, state) or None."""
    done = port.namespace.run(["ip", "-j", "neigh", "show", target, "dev", port.ifname])
    rows = json.loads(done.stdout or "[]")
    return (rows[0].get("lladdr"), rows[0]["state"]) if rows else None


@pytest.mark.parametrize("network,family", crossed(NETWORKS, ["ipv4", "ipv6"],
                                                   guests=[("red", "ipv6"), ("blue", "ipv4")]))
def test_every_port_reaches_every_other_port_of_its_network(trio, network, family):
    pairs = trio.pairs(network)
    with ThreadPoolExecutor(4) as pool:
        results = pool.map(lambda pair: ping(pair[0].namespace, address(pair[1], family), count=2,
                                             interval_s=0.2), pairs)
    failed = [f"{a} > {b}" for (a, b), result in zip(pairs, results) if result.lost]
    assert not failed


@pytest.mark.parametrize("target,family", crossed(["red-c", "red-h"], ["ipv4", "ipv6"],
                                                  guests=[("red-c", "ipv6"), ("red-h", "ipv4")]))
def test_address_resolution_finds_the_real_mac(trio, target, family):
    source = trio.nodes["alpha"].attachment("red-c")
    port = trio.nodes["beta"].attachment(target)
    source.namespace.ip(f"neigh flush dev {source.ifname}")
    assert ping(source.namespace, address(port, family)).lost == 0
    mac, _ = neighbour(source, address(port, family))
    assert mac == port.mac


def test_host_port_resolves_a_remote_container(trio):
    source = trio.nodes["gamma"].attachment("red-h")
    port = trio.nodes["alpha"].attachment("red-c")
    source.namespace.ip(f"neigh flush dev {source.ifname}")
    for family in ("ipv4", "ipv6"):
        assert ping(source.namespace, address(port, family)).lost == 0
        assert neighbour(source, address(port, family))[0] == port.mac


@pytest.mark.kernels
def test_equal_addresses_in_two_networks_are_two_machines(trio):
    """An address that beta has in red only, and one it has in blue only: each answers in its own
    network and is silent in the other."""
    alpha, beta = trio.nodes["alpha"], trio.nodes["beta"]
    for name, other in (("red-c", "blue-c"), ("blue-c", "red-c")):
        source, wrong = alpha.attachment(name), beta.attachment(other)
        assert ping(source.namespace, wrong.ipv4, wait_s=1).received == 0
        assert ping(source.namespace, wrong.ipv6, wait_s=1).received == 0


def test_same_address_in_both_networks_is_answered_by_the_right_one(trio):
    """10.1.0.200 on beta in red and on gamma in blue; alpha asks in both."""
    owners = {"red-c": trio.nodes["beta"].attachment("red-c"),
              "blue-c": trio.nodes["gamma"].attachment("blue-c")}
    for port in owners.values():
        port.namespace.ip(f"addr add 10.1.0.200/24 dev {port.ifname}")
    try:
        for name, owner in owners.items():
            source = trio.nodes["alpha"].attachment(name)
            until(lambda s=source: ping(s.namespace, "10.1.0.200").received, "it answers")
            assert neighbour(source, "10.1.0.200")[0] == owner.mac
    finally:
        for port in owners.values():
            port.namespace.ip(f"addr del 10.1.0.200/24 dev {port.ifname}")


@pytest.mark.kernels
def test_container_and_host_port_of_one_node_are_switched_locally(trio):
    alpha = trio.nodes["alpha"]
    before = alpha.counter("local_switched")
    encapsulated = sum(int(peer["overlay_tx_packets"]) for peer in alpha.coax("peers")["peers"])
    source, target = alpha.attachment("red-c"), alpha.attachment("red-h")
    assert ping(source.namespace, target.ipv4, count=100, interval_s=0.01).lost == 0
    assert alpha.counter("local_switched") >= before + 200
    after = sum(int(peer["overlay_tx_packets"]) for peer in alpha.coax("peers")["peers"])
    # Less than half of it: the kernel's own multicasts do go to the peers.
    assert after - encapsulated < 100, "local traffic must not be sent to peers"
