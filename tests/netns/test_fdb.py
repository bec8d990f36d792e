# SPDX-License-Identifier: Apache-2.0
"""The FDB: ports, static endpoints, and what is learned, moved and forgotten."""

import pytest
from topology.capture import MARKER
from topology.frames import BROADCAST, RawPort, ethernet
from topology.shell import until
from topology.traffic import ping

ROAMER = "02:aa:aa:00:00:01"


def fdb(node):
    return {entry["mac"]: entry for entry in node.coax("fdb")["entries"]}


def build(topology, fdb_age_s=300, **network):
    """alpha, beta, gamma; on beta and gamma the MAC ROAMER may appear."""
    topology.network("red", 100, "10.1.0", "2001:db8:1:", **network)
    for name in ("alpha", "beta", "gamma"):
        node = topology.node(name)
        node.config["overlay"]["fdb_age_s"] = fdb_age_s
        more = {} if name == "alpha" else {"more_macs": [ROAMER]}
        topology.port(node, "red-c", "red", **more)
    return topology.start().settle()


def announce(port, mac=ROAMER):
    with RawPort(port.namespace, port.ifname) as source:
        source.send(ethernet(BROADCAST, mac, 0x88B5, MARKER * 5))


def containers(topology):
    return [node.attachment("red-c") for node in topology.nodes.values()]


def test_ports_and_learned_macs_are_listed_with_where_they_are(empty):
    a, b, c = containers(build(empty))
    entries = fdb(a.node)
    assert (entries[a.mac]["where"], entries[a.mac]["type"]) == ("red-c", "port")
    for remote in (b, c):
        entry = entries[remote.mac]
        assert (entry["where"], entry["type"], entry["vni"]) == (remote.node.name, "learned", 100)
        assert entry["age_ms"] >= 0
    assert a.node.counter("fdb_learned") >= 2


def test_learned_mac_moves_to_another_node(empty):
    a, b, c = containers(build(empty))
    announce(b)
    until(lambda: fdb(a.node)[ROAMER]["where"] == "beta" if ROAMER in fdb(a.node) else False,
          "learned at beta")
    moved = a.node.counter("fdb_moved")
    announce(c)
    until(lambda: fdb(a.node)[ROAMER]["where"] == "gamma", "moved to gamma")
    assert a.node.counter("fdb_moved") == moved + 1
    frame = ethernet(ROAMER, a.mac, 0x88B5, MARKER * 6)
    with RawPort(b.namespace, b.ifname) as old, RawPort(c.namespace, c.ifname) as new, \
            RawPort(a.namespace, a.ifname) as source:
        source.send(frame)
        assert new.receive(lambda got: got == frame)
        assert frame not in old.received()


def test_learned_mac_is_forgotten_when_it_is_silent(empty):
    a, b, _ = containers(build(empty, fdb_age_s=2))

    def learned():  # said again: on a slow machine it may have aged before it is looked for
        announce(b)
        return ROAMER in fdb(a.node)

    until(learned, "learned")
    until(lambda: ROAMER not in fdb(a.node), "aged out")
    assert fdb(a.node)[a.mac]["type"] == "port", "ports do not age"
    assert ping(a.namespace, b.ipv4).lost == 0, "and what is forgotten is found again"


def test_static_endpoint_is_neither_learned_over_nor_aged(empty):
    topology = build(empty, fdb_age_s=2)
    a, b, c = containers(topology)
    a.node.config["endpoint"] = [{"network": "red", "mac": ROAMER, "node": "gamma"}]
    a.node.reload()
    until(lambda: ROAMER in fdb(a.node) and fdb(a.node)[ROAMER]["type"] == "static", "it is there")
    before = a.node.dropped("src_mac_static")
    announce(b)
    until(lambda: a.node.dropped("src_mac_static") > before, "a claim by beta is dropped")
    announce(c)
    until(lambda: a.node.counter("decap") > 0, "gamma may use it")
    assert (fdb(a.node)[ROAMER]["where"], fdb(a.node)[ROAMER]["type"]) == ("gamma", "static")
    assert ping(a.namespace, b.ipv4).lost == 0


def test_number_of_learned_macs_is_bounded(empty):
    topology = build(empty, learn_limit=4)
    a, b, _ = containers(topology)
    macs = [f"02:bb:00:00:00:{number:02x}" for number in range(16)]
    b.node.config["port"][0]["more_macs"] = [ROAMER] + macs
    b.node.reload()
    before = a.node.counter("fdb_not_learned")

    def beyond():
        for mac in macs:
            announce(b, mac)
        return a.node.counter("fdb_not_learned") > before

    until(beyond, "the limit is met")
    learned = [entry for entry in fdb(a.node).values() if entry["type"] == "learned"]
    assert len(learned) <= 4
    assert ping(a.namespace, b.ipv4).lost == 0, "what is not learned is still flooded"


def test_nothing_is_learned_where_learning_is_off(empty):
    a, b, _ = containers(build(empty, learn=False))
    assert ping(a.namespace, b.ipv4, count=3, interval_s=0.05).lost == 0
    assert {entry["type"] for entry in fdb(a.node).values()} == {"port"}


@pytest.mark.parametrize("vni,expected", [(100, True), (200, False)])
def test_fdb_can_be_asked_for_one_network(empty, vni, expected):
    a, *_ = containers(build(empty))
    entries = a.node.coax("fdb", "--vni", str(vni))["entries"]
    assert bool(entries) == expected
