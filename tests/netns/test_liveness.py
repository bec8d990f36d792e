# SPDX-License-Identifier: Apache-2.0
"""Who is there, by what comes through the tunnels: a data path answers for a dead agent, and what
does not answer is declared dead."""

import socket
import struct
import time

import pytest
from topology.packets import ipv4, udp
from topology.shell import until

PROBE_AFTER_MS = 500
PROBES = 3
CONTROL_PORT = 4790
ECHO_REQUEST, MAIL = 1, 3
ECHO_PER_SECOND = 20
ETH_P_IP = 0x0800


def control(kind, *, magic=0x436F6178, version=1, sequence=7, stamp=9, text=b""):
    return struct.pack("!IBBHQ", magic, version, kind, 0, sequence) + \
        struct.pack("=Q", stamp) + text


def send_inside_tunnel(source, target, payload, count=1):
    packet = ipv4(source.vtep, target.vtep, 17, udp(CONTROL_PORT, CONTROL_PORT, payload))
    with source.namespace.call(socket.socket, socket.AF_PACKET, socket.SOCK_DGRAM, 0) as sock:
        for _ in range(count):
            sock.sendto(packet, (source.lane_device(), ETH_P_IP))


@pytest.fixture
def watchful(make_pair):
    """A pair that asks soon."""
    pair = make_pair(start=False)
    for node in pair.nodes.values():
        node.config["liveness"] = {"probe_after_ms": PROBE_AFTER_MS, "probes": PROBES}
        node.start()
    until(lambda: was_heard(pair.nodes["alpha"]), "alpha hears beta")
    return pair


def peer(node):
    return node.coax("peers")["peers"][0]


def was_heard(node):
    """Also before the half second, which an emulated guest may need to answer the question."""
    return presence(node) in ("alive", "silent")


def presence(node):
    return peer(node)["presence"]


def test_data_path_answers_while_its_agent_is_dead(watchful):
    alpha, beta = watchful.nodes.values()
    beta.kill()
    before = alpha.counter("echo_returned")
    seen = set()

    def answered_often():
        seen.add(presence(alpha))
        return alpha.counter("echo_returned") >= before + 2 * PROBES
    until(answered_often, "beta's data path answers")
    assert "dead" not in seen
    assert int(peer(alpha)["round_trip_us"]) > 0
    assert "peer.dead" not in alpha.log()


def test_peer_without_a_lane_is_dead_and_comes_back(watchful):
    alpha, beta = watchful.nodes.values()
    beta.kill()
    beta.namespace.ip(f"link del {beta.lane_device()}")
    until(lambda: presence(alpha) == "dead", "alpha gives beta up")
    assert alpha.log().count("peer.dead peer=beta") == 1
    beta.start()
    until(lambda: was_heard(alpha), "beta is back")
    assert alpha.log().count("peer.back peer=beta") == 1


def test_flood_of_echo_requests_is_bounded_and_counted(watchful):
    alpha, beta = watchful.nodes.values()
    before, began = alpha.counter("echo_answered"), time.monotonic()
    send_inside_tunnel(beta, alpha, control(ECHO_REQUEST), count=2000)
    until(lambda: alpha.drops().get(("tc_lane", "control_rate"), 0) > 0, "requests are dropped")
    until(lambda: beta.drops().get(("tc_lane", "echo_stale"), 0) > 0,
          "beta did not ask, so its answers count for nothing")
    answered, took = alpha.counter("echo_answered") - before, time.monotonic() - began
    assert answered <= ECHO_PER_SECOND * (1 + took) + 1


@pytest.mark.parametrize("payload", [
    pytest.param(control(ECHO_REQUEST, version=2), id="later version"),
    pytest.param(control(9), id="unknown type"),
    pytest.param(control(MAIL, magic=1), id="another magic"),
])
def test_message_of_an_unknown_form_is_dropped(watchful, payload):
    alpha, beta = watchful.nodes.values()
    send_inside_tunnel(beta, alpha, payload)
    until(lambda: alpha.drops().get(("tc_lane", "control_unknown"), 0) > 0, "it is counted")


def test_mail_reaches_the_agent(watchful):
    alpha, beta = watchful.nodes.values()
    send_inside_tunnel(beta, alpha, control(MAIL, text=b"hello"), count=3)
    until(lambda: alpha.counter("mail_received") == 3, "the mail is handed over")
    assert alpha.running()


def test_mail_of_one_node_is_bounded(watchful):
    alpha, beta = watchful.nodes.values()
    send_inside_tunnel(beta, alpha, control(MAIL, text=b"x" * 1000), count=1000)
    until(lambda: alpha.drops().get(("tc_lane", "control_rate"), 0) > 0, "mail is dropped")
