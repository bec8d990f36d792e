# SPDX-License-Identifier: Apache-2.0
"""Broadcast, multicast and unknown unicast: replicated, switched off, or limited."""

import pytest
from topology.capture import MARKER
from topology.frames import BROADCAST, RawPort, ethernet
from topology.losses import link_drops, namespaces_of
from topology.shell import until
from topology.traffic import ping

UNKNOWN = "02:ff:ff:00:00:99"


def ends(pair):
    return [node.attachment("red-c") for node in pair.nodes.values()]


@pytest.fixture
def unflooded(make_pair):
    """flood = "none"; the two containers know each other by static endpoints and neighbours."""
    pair = make_pair(start=False, network={"flood": "none"})
    a, b = ends(pair)
    for port, other in ((a, b), (b, a)):
        port.node.config["endpoint"] = [
            {"network": "red", "mac": other.mac, "node": other.node.name}]
        port.node.start()
        port.namespace.ip(
            f"neigh replace {other.ipv4} lladdr {other.mac} dev {port.ifname}",
            f"neigh replace {other.ipv6} lladdr {other.mac} dev {port.ifname}")
    return pair


@pytest.mark.parametrize("destination,reason", [
    (BROADCAST, "no_flood"), ("01:00:5e:00:00:fb", "no_flood"), (UNKNOWN, "unknown_unicast")])
def test_nothing_is_flooded_where_flood_is_none(unflooded, destination, reason):
    a, b = ends(unflooded)
    before, peers = a.node.dropped(reason), a.node.coax("peers")["peers"]
    with RawPort(a.namespace, a.ifname) as source, RawPort(b.namespace, b.ifname) as target:
        source.send(ethernet(destination, a.mac, 0x88B5, MARKER * 5))
        until(lambda: a.node.dropped(reason) > before, f"{reason} counts it")
        until(lambda: ping(a.namespace, b.ipv4, wait_s=1).received, "unicast still works")
        assert not [got for got in target.received() if got[12:14] == b"\x88\xb5"]
    assert [peer["name"] for peer in peers] == ["beta"]


def test_known_unicast_works_where_flood_is_none(unflooded):
    a, b = ends(unflooded)
    for source, target in ((a, b), (b, a)):
        for address in (target.ipv4, target.ipv6):
            until(lambda s=source, t=address: ping(s.namespace, t, wait_s=1).received,
                  "static endpoints carry unicast")


def test_broadcast_storm_of_one_port_is_limited_and_others_live_on(make_pair):
    pair = make_pair(network={"flood_pps": 50}, port={"v6": False})
    a, b = ends(pair)
    storm, namespaces = 2000, namespaces_of(a, b)
    before, lost_before = a.node.dropped("flood_rate"), link_drops(namespaces)
    with RawPort(a.namespace, a.ifname) as source, RawPort(b.namespace, b.ifname) as target:
        for number in range(storm):
            source.send(ethernet(BROADCAST, a.mac, 0x88B5, MARKER + number.to_bytes(4, "big") * 9))
        until(lambda: a.node.dropped("flood_rate") > before, "the limit bites")
        assert ping(a.namespace, b.ipv4, count=3, interval_s=0.2).lost == 0, \
            "unicast is not limited"
        got = [frame for frame in target.received() if frame[12:14] == b"\x88\xb5"]
    dropped = a.node.dropped("flood_rate") - before
    assert 0 < len(got) < storm
    assert len(got) + dropped + link_drops(namespaces) - lost_before == storm
    # The storm is over: broadcast works again as soon as the bucket has tokens.
    b.namespace.ip(f"neigh flush dev {b.ifname}")
    until(lambda: ping(b.namespace, a.ipv4, wait_s=1).received, "ARP works")


@pytest.mark.kernel_wireguard
def test_flooded_frames_reach_members_only(empty):
    """gamma has a port in red, but is not listed as a member of it on alpha."""
    empty.network("red", 100, "10.1.0", "2001:db8:1:")
    for name in ("alpha", "beta", "gamma"):
        empty.port(empty.node(name), "red-c", "red")
    empty.connect()
    for name in ("alpha", "beta"):
        empty.nodes[name].config["network"][0]["members"] = ["alpha", "beta"]
    for node in empty.nodes.values():
        node.start()
    a, b, c = [node.attachment("red-c") for node in empty.nodes.values()]
    until(lambda: ping(a.namespace, b.ipv4, wait_s=1).received, "members reach each other")
    with RawPort(c.namespace, c.ifname) as outsider, RawPort(b.namespace, b.ifname) as member, \
            RawPort(a.namespace, a.ifname) as source:
        frame = ethernet(BROADCAST, a.mac, 0x88B5, MARKER * 5)
        source.send(frame)
        assert member.receive(lambda got: got == frame)
        peers = {peer["name"]: peer for peer in a.node.coax("peers")["peers"]}
        assert peers["gamma"]["overlay_tx_packets"] == 0
        assert frame not in outsider.received()
