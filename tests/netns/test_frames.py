# SPDX-License-Identifier: Apache-2.0
"""Raw Ethernet arrives bit-exact at the members of the network and nowhere else."""

import itertools
import os
import struct

import pytest
from topology.capture import MARKER
from topology.frames import BROADCAST, RawPort, ethernet, mac_bytes, padded
from topology.packets import ipv4, ipv6, udp
from topology.shell import until
from topology.traffic import ping

pytestmark = pytest.mark.kernels

LOCAL_EXPERIMENTAL = 0x88B5
_serial = itertools.count(os.getpid() << 16)

LENGTHS = [14, 15, 20, 33, 34, 35, 36, 59, 60, 61, 64, 127, 128, 500, 1000, 1403, 1404]
DOT1Q = (0x8100, 0x2064)
QINQ = (0x88A8, 0x0005)
SHAPES = {
    "802.1Q with an unknown ethertype": dict(ethertype=LOCAL_EXPERIMENTAL, tags=[DOT1Q]),
    "802.1Q priority tag": dict(ethertype=LOCAL_EXPERIMENTAL, tags=[(0x8100, 0xE000)]),
    "QinQ": dict(ethertype=LOCAL_EXPERIMENTAL, tags=[QINQ, DOT1Q]),
    "two 802.1Q tags": dict(ethertype=LOCAL_EXPERIMENTAL, tags=[DOT1Q, (0x8100, 0x0007)]),
    "MPLS": dict(ethertype=0x8847, tags=[]),
    "PPPoE": dict(ethertype=0x8863, tags=[]),
    "802.3 length field": dict(ethertype=0x0040, tags=[]),
}


def unique_payload(length):
    """Bytes nobody else sends, `length` of them."""
    text = struct.pack("!Q", next(_serial)) + MARKER
    return (text * (length // len(text) + 1))[:length]


def ports_of(trio, source="red-c", target="red-c", to="beta"):
    return trio.nodes["alpha"].attachment(source), trio.nodes[to].attachment(target)


def exchange(a, b, frame):
    """Sends `frame` from a and returns what b gets with a's MAC and the same ethertype."""
    with RawPort(a.namespace, a.ifname) as source, RawPort(b.namespace, b.ifname) as target:
        source.send(frame)
        return target.receive(lambda got: got[6:] == padded(frame)[6:] or
                              (got[:14] == frame[:14] and got[14:16] == frame[14:16]))


@pytest.mark.parametrize("length", LENGTHS)
def test_unknown_ethertype_arrives_bit_exact(trio, length):
    a, b = ports_of(trio)
    frame = ethernet(b.mac, a.mac, LOCAL_EXPERIMENTAL, unique_payload(length - 14))
    assert exchange(a, b, frame) == padded(frame)


@pytest.mark.parametrize("source,target", [("red-c", "red-h"), ("red-h", "red-c"),
                                           ("red-h", "red-h")])
def test_unknown_ethertype_reaches_and_leaves_host_ports(trio, source, target):
    a, b = ports_of(trio, source, target)
    frame = ethernet(b.mac, a.mac, LOCAL_EXPERIMENTAL, unique_payload(100))
    assert exchange(a, b, frame) == frame


@pytest.mark.parametrize("source,target", [("red-c", "red-h"), ("red-h", "red-c")])
def test_unknown_ethertype_is_switched_locally(trio, source, target):
    a, b = ports_of(trio, source, target, to="alpha")
    frame = ethernet(b.mac, a.mac, LOCAL_EXPERIMENTAL, unique_payload(100))
    assert exchange(a, b, frame) == frame


@pytest.mark.parametrize("length", [60, 100, 1000])
@pytest.mark.parametrize("shape", SHAPES)
def test_tagged_and_odd_frames_arrive_bit_exact(trio, shape, length):
    a, b = ports_of(trio)
    frame = ethernet(b.mac, a.mac, payload=unique_payload(length), **SHAPES[shape])
    assert exchange(a, b, frame) == frame


@pytest.mark.parametrize("length", [60, 100, 1000])
@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("tags", [[DOT1Q], [(0x8100, 0xE000)], [QINQ], [QINQ, DOT1Q]],
                         ids=["802.1Q", "priority tag", "802.1ad", "QinQ"])
def test_tagged_ip_packets_arrive_bit_exact(trio, version, tags, length):
    a, b = ports_of(trio)
    payload = udp(5, 6, unique_payload(length))
    packet = ipv4("10.5.0.1", "10.5.0.2", 17, payload) if version == 4 else \
        ipv6("2001:db8:5::1", "2001:db8:5::2", 17, payload)
    frame = ethernet(b.mac, a.mac, 0x0800 if version == 4 else 0x86DD, packet, tags)
    assert exchange(a, b, frame) == frame


@pytest.mark.parametrize("tags", [[], [DOT1Q]], ids=["untagged", "tagged"])
@pytest.mark.parametrize("destination", [BROADCAST, "01:00:5e:00:00:fb", "33:33:00:00:00:fb"])
def test_flooded_frame_reaches_each_member_once_and_nobody_else(trio, destination, tags):
    a = trio.nodes["alpha"].attachment("red-c")
    frame = ethernet(destination, a.mac, LOCAL_EXPERIMENTAL, unique_payload(100), tags=tags)
    taps = {str(port): RawPort(port.namespace, port.ifname) for port in trio.ports()
            if port is not a}
    try:
        with RawPort(a.namespace, a.ifname) as source:
            source.send(frame)
        for port in trio.ports("red"):
            if port is not a:
                assert taps[str(port)].receive(lambda got: got == frame) == frame, str(port)
        # Everybody who should have it has it: now nobody may have one more.
        assert not [name for name, tap in taps.items() if frame in tap.received()]
    finally:
        for tap in taps.values():
            tap.close()


def test_unicast_to_a_mac_that_nobody_has_reaches_no_remote_port(trio):
    """Each node knows the MACs of its own ports: the copies end there, counted."""
    a, b = ports_of(trio)
    before = b.node.dropped("dst_not_here")
    frame = ethernet("02:ff:ff:00:00:01", a.mac, LOCAL_EXPERIMENTAL, unique_payload(100))
    with RawPort(a.namespace, a.ifname) as source, RawPort(b.namespace, b.ifname) as target:
        source.send(frame)
        until(lambda: b.node.dropped("dst_not_here") > before, "beta drops it")
        assert frame not in target.received()


def test_link_local_control_frames_stay_on_the_port(trio):
    """01:80:c2:00:00:0x: a bridge would not forward them either."""
    alpha = trio.nodes["alpha"]
    a, b = ports_of(trio)
    before = alpha.dropped("reserved_mac")
    with RawPort(b.namespace, b.ifname) as target, RawPort(a.namespace, a.ifname) as source:
        source.send(ethernet("01:80:c2:00:00:0e", a.mac, 0x88CC, unique_payload(60)))
        marker = ethernet(b.mac, a.mac, LOCAL_EXPERIMENTAL, unique_payload(60))
        source.send(marker)
        seen = []
        assert target.receive(lambda got: seen.append(got) or got == marker)
        assert not [got for got in seen if got[:6] == mac_bytes("01:80:c2:00:00:0e")]
    assert alpha.dropped("reserved_mac") == before + 1


def test_vlan_interfaces_on_two_ports_talk(trio):
    """A VLAN subinterface where the kernel has them; the frames themselves are tested above."""
    a, b = ports_of(trio)
    made = a.namespace.ip(f"link add link {a.ifname} name v5 type vlan id 5", check=False)
    if made.returncode != 0:
        assert "Unknown device type" in made.stderr  # kernel without CONFIG_VLAN_8021Q
        return
    b.namespace.ip(f"link add link {b.ifname} name v5 type vlan id 5")
    try:
        for port, host in ((a, 1), (b, 2)):
            port.namespace.ip(f"addr add 198.51.100.{host}/24 dev v5", "link set dev v5 up")
        assert ping(a.namespace, "198.51.100.2", count=3, interval_s=0.2).lost == 0
    finally:
        for port in (a, b):
            port.namespace.ip("link del v5")
