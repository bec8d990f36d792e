# SPDX-License-Identifier: Apache-2.0
"""IPv4 and IPv6 underlays, and nodes that share only one of them."""

import pytest
from topology.switch import UPLINK
from topology.traffic import bits_per_second, iperf, ping


def assert_all_reach_all(topology):
    failed = [f"{a} > {b} {target}" for a, b in topology.pairs("red")
              for target in (b.ipv4, b.ipv6)
              if ping(a.namespace, target, count=2, interval_s=0.2).lost]
    assert not failed


def build(topology, **families):
    topology.network("red", 100, "10.1.0", "2001:db8:1:")
    for name, (v4, v6) in families.items():
        topology.port(topology.node(name, v4=v4, v6=v6), "red-c", "red")
    return topology.start().settle()


@pytest.mark.kernel_wireguard
def test_ipv6_only_underlay_carries_everything(empty):
    build(empty, alpha=(False, True), beta=(False, True))
    assert_all_reach_all(empty)
    a, b = (node.attachment("red-c") for node in empty.nodes.values())
    assert bits_per_second(iperf(a.namespace, b.namespace, b.ipv4, seconds=1)) > 0
    for node in empty.nodes.values():
        assert all(peer["endpoint"].startswith("[2001:db8:ff:")
                   for peer in node.coax("peers")["peers"])


def test_nodes_with_ipv4_only_both_and_ipv6_only_each_meet_whom_they_can(empty):
    """alpha: both. beta: both. gamma: IPv6 only. The IPv4 pairs use IPv4."""
    build(empty, alpha=(True, True), beta=(True, True), gamma=(False, True))
    assert_all_reach_all(empty)
    for name, other, start in (("alpha", "beta", "192.0.2."), ("alpha", "gamma", "[2001:"),
                               ("gamma", "beta", "[2001:")):
        peers = {peer["name"]: peer for peer in empty.nodes[name].coax("peers")["peers"]}
        assert peers[other]["endpoint"].startswith(start)
    assert empty.nodes["alpha"].coax("status")["lanes"][0]["mtu"] == 1408
    for node in empty.nodes.values():
        assert node.counter("uplink_wg_frag") == 0


def test_node_without_configured_endpoint_is_found_when_it_calls(empty):
    empty.network("red", 100, "10.1.0", "2001:db8:1:")
    for name in ("alpha", "beta"):
        empty.port(empty.node(name), "red-c", "red")
    empty.connect()
    del empty.nodes["alpha"].config["peer"][0]["endpoint"]
    for node in empty.nodes.values():
        node.start()
    empty.settle()
    assert_all_reach_all(empty)


@pytest.mark.parametrize("xdp", [
    "auto", pytest.param("generic", marks=pytest.mark.kernel_wireguard)])
def test_status_says_which_xdp_mode_runs(make_pair, xdp):
    pair = make_pair(start=False)
    for node in pair.nodes.values():
        node.config["underlay"]["xdp"] = xdp
        node.start()
    pair.settle()
    uplink = pair.nodes["alpha"].coax("status")["uplinks"][0]
    assert uplink["name"] == UPLINK and uplink["up"] and uplink["mtu"] == 1500
    assert uplink["xdp_mode"] == ("generic" if xdp == "generic" else "native")
    assert pair.nodes["alpha"].counter("uplink_wg_rx") > 0
    assert pair.nodes["alpha"].counter("uplink_wg_tx") > 0
