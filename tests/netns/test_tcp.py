# SPDX-License-Identifier: Apache-2.0
"""Streams at full size: super-packets stay whole up to WireGuard, and nothing is dropped."""

import pytest
from topology.crossed import crossed
from topology.frames import RawPort
from topology.losses import namespaces_of, socket_overflows
from topology.traffic import (SOME_MEGABYTES, IperfRun, bits_per_second, iperf, lost_datagrams,
                              ping)

MSS = {"ipv4": 1390 - 20 - 20, "ipv6": 1390 - 40 - 20}
FAMILIES = ["ipv4", "ipv6"]
CC, HC, CH, HH = PATHS = [("red-c", "red-c"), ("red-h", "red-c"), ("red-c", "red-h"),
                          ("red-h", "red-h")]


def address(port, family):
    return port.ipv4 if family == "ipv4" else port.ipv6


def drops_once_known(topology, source, address):
    """Every node's drops, when both ends' MACs have just been heard. On a slow machine they are
    forgotten between two tests (fdb_ageing_s), and the first frame of the next is flooded: the
    nodes without that MAC drop it, as they must."""
    assert ping(source.namespace, address).lost == 0
    return total_drops(topology)


def total_drops(topology):
    return {name: node.drops() for name, node in topology.nodes.items()}


def ends(trio, path=("red-c", "red-c")):
    return trio.nodes["alpha"].attachment(path[0]), trio.nodes["beta"].attachment(path[1])


@pytest.mark.parametrize("path,family",
                         crossed(PATHS, FAMILIES, guests=[(CC, "ipv4"), (HH, "ipv6")]))
def test_full_size_tcp_is_encapsulated_as_super_packets_and_none_is_dropped(trio, path, family):
    a, b = ends(trio, path)
    drops = drops_once_known(trio, a, address(b, family))
    gso = a.node.counter("encap_gso")
    report = iperf(a.namespace, b.namespace, address(b, family), seconds=None,
                   arguments=SOME_MEGABYTES)
    assert bits_per_second(report) > 0
    assert report["start"]["tcp_mss_default"] <= MSS[family]
    assert a.node.counter("encap_gso") > gso
    assert total_drops(trio) == drops


@pytest.mark.parametrize("port,family",
                         crossed(["red-c", "red-h"], FAMILIES,
                                 guests=[("red-c", "ipv6"), ("red-h", "ipv4")]))
def test_segments_are_merged_before_they_reach_the_receiver(trio, port, family):
    """GRO at the port: the socket's side sees super-packets again."""
    a, b = ends(trio, (port, port))
    if a.node.coax("status")["backend"].startswith("wireguard-go"):
        return  # it hands over one packet at a time, so there is nothing to merge
    stream = IperfRun(a.namespace, b.namespace, address(b, family), seconds=86400)
    with RawPort(b.namespace, b.ifname) as seen:
        assert seen.receive(lambda frame: len(frame) > 2 * MSS[family]), "nothing was merged"
    stream.stop()


@pytest.mark.parametrize("family", FAMILIES)
def test_streams_in_both_directions_share_the_path(trio, family):
    a, b = ends(trio)
    drops = drops_once_known(trio, a, address(b, family))
    report = iperf(a.namespace, b.namespace, address(b, family), seconds=None,
                   arguments=[*SOME_MEGABYTES, "--bidir", "-P", "2"])
    assert report["end"]["sum_received"]["bytes"] > 0
    assert report["end"]["sum_received_bidir_reverse"]["bytes"] > 0
    assert total_drops(trio) == drops


@pytest.mark.parametrize("family", FAMILIES)
def test_udp_at_a_modest_rate_loses_nothing(trio, family):
    a, b = ends(trio)
    overflowed = socket_overflows(namespaces_of(a, b))
    report = iperf(a.namespace, b.namespace, address(b, family), seconds=2,
                   arguments=["-u", "-b", "2M", "-l", "1200"])
    lost, sent = lost_datagrams(report)
    assert sent > 0
    assert lost <= socket_overflows(namespaces_of(a, b)) - overflowed


def test_local_tcp_between_two_ports_of_one_node(trio):
    alpha = trio.nodes["alpha"]
    a, b = alpha.attachment("red-c"), alpha.attachment("red-h")
    drops = drops_once_known(trio, a, b.ipv4)
    assert bits_per_second(iperf(a.namespace, b.namespace, b.ipv4, seconds=None,
                                 arguments=SOME_MEGABYTES)) > 0
    assert total_drops(trio) == drops


def test_no_stream_is_fragmented_on_the_underlay(trio):
    """The capture calls a fragment a finding; this one fills it with both families at once."""
    a, b = ends(trio)
    runs = [IperfRun(a.namespace, b.namespace, address(b, family), seconds=None, port=port,
                     arguments=SOME_MEGABYTES)
            for family, port in (("ipv4", 5201), ("ipv6", 5202))]
    for run in runs:
        assert bits_per_second(run.finish()) > 0
    assert trio.capture.findings() == []
    for node in trio.nodes.values():
        assert node.counter("uplink_wg_frag") == 0
