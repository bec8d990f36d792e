# SPDX-License-Identifier: Apache-2.0
"""Coax talks to plain Linux (vxlan device, bridge, WireGuard); tshark finds no fault with it."""

import json
import os
import struct

import pytest
from topology.capture import MARKER
from topology.crossed import crossed
from topology.frames import BROADCAST, RawPort, ethernet
from topology.packets import checksum, ipv4, vxlan_packet
from topology.recording import Recording, judge, write_pcap
from topology.shell import until
from topology.topology import Topology
from topology.traffic import SOME_MEGABYTES, bits_per_second, iperf, ping

# Linux writes a UDP checksum in red, as by default, and none in blue, as Coax does.
NETWORKS = {"red": 100, "blue": 200}
VNIS = {str(vni) for vni in NETWORKS.values()}
INNER_MTU = 1390
LOCAL_EXPERIMENTAL = 0x88B5


@pytest.fixture(scope="module")
def mixed(request):
    """Coax on alpha and beta, plain Linux on gamma; a container of each network on each, and in
    red a port of the machine itself."""
    topology = Topology(request.node.nodeid)
    try:
        for name, vni in NETWORKS.items():
            topology.network(name, vni, "10.1.0", "2001:db8:1:")
        for name in ("alpha", "beta"):
            node = topology.node(name)
            topology.port(node, "red-c", "red", guard_ips=True)
            topology.port(node, "blue-c", "blue")
            topology.port(node, "red-h", "red", kind="host")
            # A plain Linux node does not know probes: its stack would answer them by ICMP.
            node.config["liveness"] = {"probe_after_ms": 3600000}
        gamma = topology.plain_node("gamma")
        topology.plain_port(gamma, "red-c", "red")
        topology.plain_port(gamma, "blue-c", "blue")
        topology.plain_port(gamma, "red-h", "red", kind="host")
        topology.start().settle()
        yield topology
    finally:
        topology.close()


def plain(mixed):
    return mixed.plain_nodes["gamma"]


def mixed_pairs(mixed, network):
    """(Coax port, plain port) both ways."""
    return [(a, b) for a, b in mixed.pairs(network)
            if (a.node is plain(mixed)) != (b.node is plain(mixed))]


def resolved_mac(port, address):
    done = port.namespace.run(["ip", "-j", "neigh", "show", address, "dev", port.ifname])
    rows = json.loads(done.stdout or "[]")
    return rows[0].get("lladdr") if rows else None


def address(port, family):
    return port.ipv4 if family == "ipv4" else port.ipv6


def coax_drops(mixed):
    return {name: node.drops() for name, node in mixed.nodes.items()}


@pytest.mark.parametrize("network,family",
                         crossed(NETWORKS, ["ipv4", "ipv6"], guests=[("red", "ipv4")],
                                 mark=pytest.mark.kernel_wireguard))
def test_addresses_are_resolved_and_answer_both_ways(mixed, network, family):
    for source, target in mixed_pairs(mixed, network):
        source.namespace.ip(f"neigh flush dev {source.ifname}")
        result = ping(source.namespace, address(target, family), count=2, interval_s=0.2)
        assert result.lost == 0, f"{source} > {target}: {result.output}"
        assert resolved_mac(source, address(target, family)) == target.mac


@pytest.mark.parametrize("family,headers", [("ipv4", 28), ("ipv6", 48)])
def test_packet_of_full_size_passes_and_a_larger_one_does_not(mixed, family, headers):
    for source, target in mixed_pairs(mixed, "red"):
        if source.node is mixed.nodes["beta"] or target.node is mixed.nodes["beta"]:
            continue  # like alpha

        def send(size, a=source, b=target, **options):
            return ping(a.namespace, address(b, family), size=size, dont_fragment=True, **options)

        assert send(INNER_MTU - headers).lost == 0, f"{source} > {target}"
        assert send(INNER_MTU - headers + 1, wait_s=1).received == 0, f"{source} > {target}"


@pytest.mark.parametrize("network,family",
                         crossed(NETWORKS, ["ipv4", "ipv6"], guests=[("blue", "ipv6")],
                                 mark=pytest.mark.kernel_wireguard))
def test_tcp_runs_at_full_size_both_ways_and_nothing_is_dropped(mixed, network, family):
    a, b = mixed.nodes["alpha"].attachment(f"{network}-c"), plain(mixed).attachment(f"{network}-c")
    # A MAC that was forgotten since is flooded first, and dropped where it is not.
    assert ping(a.namespace, address(b, family)).lost == 0
    mss = INNER_MTU - (40 if family == "ipv4" else 60)
    drops, gso = coax_drops(mixed), a.node.counter("encap_gso")
    for client, server in ((a, b), (b, a)):
        report = iperf(client.namespace, server.namespace, address(server, family),
                       seconds=None, arguments=SOME_MEGABYTES)
        assert bits_per_second(report) > 0
        # 12: the time stamps of TCP. A smaller size would hide that full ones do not fit.
        assert mss - 12 <= report["start"]["tcp_mss_default"] <= mss
    assert a.node.counter("encap_gso") > gso
    assert coax_drops(mixed) == drops


@pytest.mark.parametrize("length,tag",
                         crossed([60, 500, 1400], ["untagged", "tagged"],
                                 guests=[(60, "untagged"), (1400, "tagged")],
                                 mark=pytest.mark.kernel_wireguard))
def test_raw_ethertype_arrives_bit_exact_both_ways(mixed, length, tag):
    tags = [(0x8100, 5)] if tag == "tagged" else []
    for source, target in mixed_pairs(mixed, "red"):
        if "red-h" in (source.name, target.name):
            continue
        payload = os.urandom(16) + MARKER.ljust(length - 30 - 4 * len(tags), b"x")
        frame = ethernet(target.mac, source.mac, LOCAL_EXPERIMENTAL, payload, tags)
        with RawPort(target.namespace, target.ifname) as receiver, \
                RawPort(source.namespace, source.ifname) as sender:
            sender.send(frame)
            assert receiver.receive(lambda got, sent=frame: got == sent), f"{source} > {target}"


@pytest.mark.kernel_wireguard
def test_broadcast_reaches_every_port_of_the_network_once_and_no_other(mixed):
    for source in (mixed.nodes["alpha"].attachment("red-c"), plain(mixed).attachment("red-c")):
        others = [port for port in mixed.ports() if port is not source and port.name != "red-h"]
        frame = ethernet(BROADCAST, source.mac, LOCAL_EXPERIMENTAL, os.urandom(16) + MARKER * 5)
        taps = {port: RawPort(port.namespace, port.ifname) for port in others}
        try:
            with RawPort(source.namespace, source.ifname) as sender:
                sender.send(frame)
            for port in others:
                if port.network == "red":
                    assert taps[port].receive(lambda got, sent=frame: got == sent), str(port)
            # Everybody who should have it has it: now nobody may have one more.
            assert not [str(port) for port, tap in taps.items() if frame in tap.received()]
        finally:
            for tap in taps.values():
                tap.close()


@pytest.mark.kernel_wireguard
def test_plain_node_is_a_peer_like_any_other(mixed):
    alpha, target = mixed.nodes["alpha"], plain(mixed).attachment("red-c")
    assert ping(alpha.attachment("red-c").namespace, target.ipv4).lost == 0
    entries = alpha.coax("fdb")["entries"]
    entry = next(entry for entry in entries if entry["mac"] == target.mac
                 and entry["vni"] == NETWORKS["red"])
    assert (entry["where"], entry["type"]) == ("gamma", "learned")
    peers = alpha.coax("peers")["peers"]
    peer = next(peer for peer in peers if peer["name"] == "gamma")
    assert peer["state"] == "up", peer


class TestDecoded:
    """tshark reads what arrives on a WireGuard device, decrypted."""

    def talk(self, source, target):
        """ARP, ND, ping, streams of full size; last a raw frame, whose payload is returned."""
        source.namespace.ip(f"neigh flush dev {source.ifname}")
        for family in ("ipv4", "ipv6"):
            assert ping(source.namespace, address(target, family), count=2, size=1000,
                        interval_s=0.2).lost == 0
            iperf(source.namespace, target.namespace, address(target, family), seconds=None,
                  arguments=["-n", "512K", "-l", "64K"])
        last = os.urandom(16) + MARKER * 5
        with RawPort(source.namespace, source.ifname) as sender:
            sender.send(ethernet(target.mac, source.mac, LOCAL_EXPERIMENTAL, last))
        return last

    def assert_faultless(self, verdict):
        assert verdict.complaints[:5] == []
        for protocol in ("eth:ethertype:arp", "eth:ethertype:data", "eth:ethertype:ip:icmp:data",
                         "eth:ethertype:ipv6:icmpv6:data", "eth:ethertype:ipv6:icmpv6"):
            assert verdict.seen[protocol] > 0, verdict.seen
        # A checksum that was not looked at is not a right one.
        for name in ("ip", "tcp", "icmp", "icmpv6"):
            assert verdict.seen[f"{name}.checksum.status"] > 0, verdict.seen

    @pytest.mark.parametrize("sender,receiver", [("alpha", "beta"), ("alpha", "gamma"),
                                                 ("gamma", "alpha")])
    @pytest.mark.parametrize("network", ["red", "blue"])
    def test_tshark_has_no_complaint(self, mixed, network, sender, receiver, tmp_path):
        nodes = {**mixed.nodes, **mixed.plain_nodes}
        source, target = (nodes[name].attachment(f"{network}-c") for name in (sender, receiver))
        with Recording(target.node.namespace, target.node.lane_device(), tmp_path / "pcap",
                       source.node.vtep) as tape:
            tape.wait_for(self.talk(source, target))
        verdict = judge(tape.path, VNIS)
        self.assert_faultless(verdict)
        checks_udp = sender == "gamma" and network == "red"
        assert (verdict.seen["udp.checksum.status"] == verdict.frames) == checks_udp


IP, UDP, VXLAN, INNER = 0, 20, 28, 36  # offsets in a packet of a WireGuard device


class TestJudge:
    """What the decoder must not swallow: otherwise its silence above would prove nothing."""

    @staticmethod
    def packet(frame):
        return vxlan_packet("100.64.0.3", "100.64.0.1", 100, frame)

    @staticmethod
    def frame(icmp_change=0, cut_bytes=0):
        body = bytes([0, 1, 0, 1]) + MARKER + b"."
        sent = struct.pack("!BBH", 8, 0, checksum(b"\x08\0\0\0" + body) ^ icmp_change) + body
        frame = ethernet("02:00:00:00:00:01", "02:00:00:00:00:03", 0x0800,
                         ipv4("10.1.0.30", "10.1.0.10", 1, sent))
        return frame[:len(frame) - cut_bytes]

    @staticmethod
    def judge(tmp_path, packet):
        write_pcap(tmp_path / "pcap", [packet])
        return judge(tmp_path / "pcap", VNIS)

    def test_sound_packet_is_sound(self, tmp_path):
        verdict = self.judge(tmp_path, self.packet(self.frame()))
        assert verdict.complaints == []
        assert verdict.seen["icmp.checksum.status"] == 1
        assert verdict.seen["ip.checksum.status"] == 2

    @pytest.mark.parametrize("offset,change,complaint", [
        pytest.param(VXLAN, "00", "VXLAN flags", id="no VNI flag"),
        pytest.param(VXLAN, "48", "VXLAN flags", id="reserved flag"),
        pytest.param(VXLAN + 7, "01", "VXLAN flags", id="reserved byte"),
        pytest.param(VXLAN + 4, "090909", "VXLAN flags", id="another VNI"),
        pytest.param(UDP + 6, "1234", "udp.checksum", id="UDP checksum"),
        pytest.param(UDP + 4, "7f00", "", id="UDP longer than IP"),
        pytest.param(UDP + 4, "0020", "lengths", id="UDP shorter than IP"),
        pytest.param(UDP + 2, "0035", "not VXLAN", id="another UDP port"),
        pytest.param(IP + 2, "0040", "lengths", id="IP shorter than the packet"),
        pytest.param(IP + 10, "1234", "ip.checksum", id="IP checksum"),
        pytest.param(INNER + 14 + 10, "1234", "ip.checksum", id="inner IP checksum"),
    ])
    def test_changed_packet_is_complained_about(self, tmp_path, offset, change, complaint):
        packet, new = self.packet(self.frame()), bytes.fromhex(change)
        verdict = self.judge(tmp_path, packet[:offset] + new + packet[offset + len(new):])
        assert any(complaint in said for said in verdict.complaints), verdict

    @pytest.mark.parametrize("change", [dict(icmp_change=1), dict(cut_bytes=6)],
                             ids=["ICMP checksum", "cut inner frame"])
    def test_changed_frame_inside_is_complained_about(self, tmp_path, change):
        assert self.judge(tmp_path, self.packet(self.frame(**change))).complaints
