# SPDX-License-Identifier: Apache-2.0
"""The guard holds from before the network comes up, and whether the agent ever starts or not."""

import socket
import struct

import pytest
from topology.shell import until
from topology.switch import UPLINK, underlay_v4
from topology.traffic import ping

VXLAN_PORT = 4789
HARMLESS_PORT = 4790


def send(machine, port, payload):
    """One UDP datagram from the machine to beta, in clear."""
    def inside():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(payload, (underlay_v4(2), port))

    machine.node.namespace.call(inside)


def clear_vxlan(vni):
    return struct.pack("!II", 0x08000000, vni << 8) + bytes(60)


def leaks(topology, machine):
    """What comes out of a clear VXLAN packet and of an ordinary one behind it."""
    topology.capture.forget()
    ordinary = []
    until(lambda: ping(machine.node.namespace, underlay_v4(2), wait_s=1).received, "the underlay")
    send(machine, VXLAN_PORT, clear_vxlan(100))
    send(machine, HARMLESS_PORT, b"ordinary")
    vxlan = []

    def ordinary_arrived():
        findings = topology.capture.findings()
        for finding in findings:
            if len(finding.frame) < 38:  # not as far as a UDP port
                continue
            port = struct.unpack_from("!H", finding.frame, 36)[0]
            (vxlan if port == VXLAN_PORT else ordinary).append(finding)
        topology.capture.forget()
        return any(b"ordinary" in finding.frame for finding in ordinary)

    until(ordinary_arrived, "the ordinary packet went out")
    return vxlan


def monotonic_us(machine, unit, moment):
    return int(machine.property(unit, moment + "TimestampMonotonic"))


def test_guard_is_there_before_the_network(machine):
    machine.boot()
    until(lambda: machine.is_active("coaxd.service"), "the agent is ready")
    guarded = monotonic_us(machine, "coax-guard.service", "ActiveEnter")
    assert 0 < guarded <= monotonic_us(machine, "network-pre.target", "ActiveEnter")
    assert guarded <= monotonic_us(machine, "coaxd.service", "ExecMainStart")


class TestAgentNeverStarts:
    @pytest.fixture
    def orphan(self, machine):
        machine.mask("coaxd.service")
        return machine.boot()

    def test_clear_vxlan_does_not_leave_and_other_traffic_does(self, topology, orphan):
        assert orphan.is_active("coax-guard.service")
        assert not leaks(topology, orphan)

    def test_clear_vxlan_does_not_enter(self, topology, orphan):
        before = orphan.run(["bpftool", "-j", "map", "dump", "pinned",
                             f"{orphan.node.pins}/coax_drops"]).stdout
        beta = topology.nodes["beta"]

        def inside():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.sendto(clear_vxlan(100), (underlay_v4(1), VXLAN_PORT))

        beta.namespace.call(inside)
        until(lambda: orphan.run(["bpftool", "-j", "map", "dump", "pinned",
                                  f"{orphan.node.pins}/coax_drops"]).stdout != before,
              "the drop was counted")
        topology.capture.forget()

    def test_it_holds_when_the_guard_process_has_ended(self, topology, orphan):
        orphan.systemctl("stop", "coax-guard.service")
        assert not leaks(topology, orphan)

    def test_uplink_that_appears_later_is_guarded(self, topology, machine):
        machine.node.config["underlay"]["uplinks"] = [UPLINK, "late0"]
        machine.configure()
        machine.mask("coaxd.service")
        machine.boot()
        machine.node.namespace.ip("link add name early0 type veth peer name other0",
                                  "link set early0 name late0", "link set late0 up")
        until(lambda: "tc_uplink" in machine.filters("late0"), "the late uplink is guarded")


def test_without_the_guard_clear_vxlan_leaves(topology, machine):
    """What the other tests would look like if nothing guarded: they can fail."""
    machine.mask("coaxd.service")
    machine.mask("coax-guard.service")
    machine.boot()
    assert leaks(topology, machine)


def test_wrong_configuration_fails_the_guard_and_says_why(machine):
    machine.write("/etc/coax/coax.toml", "[node]\nid = 0\n")
    machine.boot()
    assert not machine.is_active("coax-guard.service")
    assert "/etc/coax/coax.toml:1: node." in machine.journal("coax-guard.service")
