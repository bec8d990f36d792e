# SPDX-License-Identifier: Apache-2.0
"""The harness itself: a capture that could not see clear text would prove nothing."""

import os
import socket
import struct

import pytest
from topology.capture import MARKER
from topology.frames import BROADCAST, RawPort, ethernet, mac_bytes
from topology.netns import RUN_NETNS
from topology.packets import checksum, ipv4
from topology.shell import alive, until
from topology.switch import underlay_v4
from topology.topology import Topology
from topology.traffic import PingRun, iperf, ping

LISTEN_PORT = 51820


def udp_v4(source_port, payload, fragment=0):
    udp = struct.pack("!HHHH", source_port, LISTEN_PORT, 8 + len(payload), 0) + payload
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, fragment, 64, 17, 0,
                       bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2]))
    return head + udp


def data_packet(payload_bytes, kind=4):
    return struct.pack("<I", kind) + bytes(payload_bytes - 4)


CLEAN = {
    "handshake initiation": (0x0800, udp_v4(LISTEN_PORT, data_packet(148, 1))),
    "handshake response": (0x0800, udp_v4(LISTEN_PORT, data_packet(92, 2))),
    "cookie reply": (0x0800, udp_v4(LISTEN_PORT, data_packet(64, 3))),
    "keepalive": (0x0800, udp_v4(LISTEN_PORT, data_packet(32))),
    "data": (0x0800, udp_v4(LISTEN_PORT, data_packet(1440))),
}
LEAKS = {
    "ethertype of a container": (0x88B5, b"hello"),
    "VXLAN": (0x0800, udp_v4(50000, b"\x08" + bytes(60))),
    "data of an odd length": (0x0800, udp_v4(LISTEN_PORT, data_packet(45))),
    "data of an unknown type": (0x0800, udp_v4(LISTEN_PORT, data_packet(64, 5))),
    "fragment": (0x0800, udp_v4(LISTEN_PORT, data_packet(64), fragment=0x2000)),
    "marker inside something like WireGuard":
        (0x0800, udp_v4(LISTEN_PORT, (data_packet(32) + MARKER).ljust(64, b"\0"))),
    "ARP for an overlay address":
        (0x0806, struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 1, bytes(6),
                             bytes([10, 1, 0, 1]), bytes(6), bytes([10, 1, 0, 2]))),
}


def send(topology, ethertype, payload):
    source = topology.nodes["alpha"].namespace
    with RawPort(source, "eth0") as port:
        port.send(ethernet(BROADCAST, "02:00:00:00:00:01", ethertype, payload))


@pytest.fixture
def two_nodes(empty):
    empty.node("alpha", v6=True)
    empty.node("beta", v6=True)
    yield empty
    empty.capture.forget()


@pytest.mark.parametrize("name", CLEAN)
def test_capture_accepts_wireguard(two_nodes, name):
    before = two_nodes.capture.frames()
    send(two_nodes, *CLEAN[name])
    until(lambda: two_nodes.capture.frames() > before, "the frame was seen")
    assert two_nodes.capture.findings() == []


@pytest.mark.parametrize("name", LEAKS)
def test_capture_finds(two_nodes, name):
    send(two_nodes, *LEAKS[name])
    until(two_nodes.capture.findings, "the capture found it")
    two_nodes.capture.forget()


def test_capture_finds_clear_ping_and_ignores_the_underlays_own_arp_and_nd(two_nodes):
    alpha = two_nodes.nodes["alpha"].namespace
    two_nodes.capture.allow_udp_ports([9])
    for family, address in ((socket.AF_INET, "192.0.2.2"), (socket.AF_INET6, "2001:db8:ff::2")):
        before = two_nodes.capture.frames()
        sock = alpha.call(socket.socket, family, socket.SOCK_DGRAM)
        sock.bind(("", 9))
        sock.sendto(data_packet(32), (address, 9))
        sock.close()
        until(lambda n=before: two_nodes.capture.frames() >= n + 3, "ARP or ND, answer, packet")
        assert two_nodes.capture.findings() == []
    assert ping(alpha, underlay_v4(2)).received == 1
    assert two_nodes.capture.findings()
    two_nodes.capture.forget()


def test_iperf_and_ping_report_what_happened(empty):
    a, b = empty.stranger("a", 11), empty.stranger("b", 12)
    assert ping(a, underlay_v4(12), count=3, interval_s=0.05).lost == 0
    assert iperf(a, b, underlay_v4(12), seconds=1)["end"]["sum_received"]["bytes"] > 0


def echo_reply(request, source, target):
    body = request[38:]  # identifier, number, payload
    check = checksum(bytes(4) + body)
    return (request[6:12] + request[:6] + request[12:14]
            + ipv4(source, target, 1, struct.pack("!BBH", 0, 0, check) + body))


def test_ping_takes_a_late_answer_for_an_answer(empty):
    """ping(8) by itself waits one interval after its last packet."""
    a, b = empty.stranger("a", 11), empty.stranger("b", 12)
    target = underlay_v4(99)
    a.ip(f"neigh add {target} lladdr 02:00:00:00:00:63 dev eth0")
    with RawPort(b, "eth0") as port:
        run = PingRun(a, target, count=3, interval_s=0.05)

        def request(number):
            return until(lambda: port.receive(lambda frame: frame[12:14] == b"\x08\0"
                                              and frame[34] == 8 and frame[41] == number, 0.2),
                         f"request {number}")

        def answer(frame):
            port.send(echo_reply(frame, target, underlay_v4(11)))
        answer(request(1))
        held = [request(2), request(3)]
        request(4)  # more than an interval later
        for frame in held:
            answer(frame)
        result = run.finish()
    assert (result.sent, result.received) == (3, 3), result.output


def test_ping_that_cannot_send_has_lost_all(empty):
    a = empty.stranger("a", 11)
    assert ping(a, "203.0.113.1", count=3).lost == 3
    assert ping(a, underlay_v4(99), count=2, wait_s=1).lost == 2


def test_raw_port_returns_tagged_frames_bit_exact(empty):
    a, b = empty.stranger("a", 11), empty.stranger("b", 12)
    frame = ethernet(BROADCAST, "02:00:00:00:00:01", 0x88B5, b"x" * 46,
                     tags=[(0x88A8, 5), (0x8100, 7)])
    with RawPort(a, "eth0") as source, RawPort(b, "eth0") as target:
        def once():
            source.send(frame)  # again and again: the bridge port may not forward yet
            return target.receive(lambda got: got[6:12] == mac_bytes("02:00:00:00:00:01"), 0.2)
        assert until(once, "the frame arrives") == frame


def test_close_leaves_nothing():
    topology = Topology("close")
    topology.node("alpha")
    namespace = topology.nodes["alpha"].namespace
    sleeper = namespace.popen(["sleep", "1000"])
    until(lambda: sleeper.pid in namespace.pids(), "it has entered the namespace")
    topology.close()
    assert not alive(sleeper.pid)
    assert not [name for name in os.listdir(RUN_NETNS) if name.startswith(topology.name)]
    assert not os.path.exists(topology.directory)
