# SPDX-License-Identifier: Apache-2.0
"""Attacks and mistakes: dropped, counted under the right reason, shown by `coax drops`."""

import socket
import struct

import pytest
from topology.capture import MARKER
from topology.crossed import crossed
from topology.frames import BROADCAST, RawPort, ethernet, mac_bytes
from topology.packets import VXLAN_PORT, arp, ipv4, ipv6, udp, vxlan, vxlan_packet
from topology.shell import until
from topology.switch import UPLINK
from topology.traffic import ping

LISTEN_PORT = 51820
ETH_P_IP = 0x0800


def ends(topology):
    return [topology.nodes[name].attachment("red-c") for name in ("alpha", "beta")]


class Expect:
    """Inside: something is sent. At the end `reason` rose on `node` at `hook` (and is explained),
    and none of `silent` ports got a frame with the marker."""

    shown = set()  # reasons whose text was seen: a table of all reasons is the same each time

    def __init__(self, node, reason, hook, silent=()):
        self._node, self._key, self._silent = node, (hook, reason), silent

    def __enter__(self):
        self._before = self._node.drops().get(self._key, 0)
        self._taps = [RawPort(port.namespace, port.ifname) for port in self._silent]

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                until(lambda: self._node.drops().get(self._key, 0) > self._before,
                      f"{self._key} rises")
                if self._key not in self.shown:
                    self._check_shown()
                    self.shown.add(self._key)
                for tap in self._taps:
                    assert not [got for got in tap.received() if MARKER in got]
        finally:
            for tap in self._taps:
                tap.close()

    def _check_shown(self):
        hook, reason = self._key
        row = next(row for row in self._node.coax("drops")["drops"]
                   if (row["hook"], row["reason"]) == self._key)
        assert row["text"]
        text = self._node.coax_run("drops").stdout
        assert reason in text and hook in text


@pytest.fixture(scope="module")
def guarded(request):
    """A trio with a source guard on alpha's red-c, a small network that gamma is not in on alpha,
    and a stranger on the switch."""
    from topology.topology import Topology
    with Topology(request.node.nodeid) as topology:
        topology.network("red", 100, "10.1.0", "2001:db8:1:")
        topology.network("blue", 200, "10.1.0", "2001:db8:1:")
        for name in ("alpha", "beta", "gamma"):
            node = topology.node(name, v6=True)
            topology.port(node, "red-c", "red", guard_ips=True)
            topology.port(node, "blue-c", "blue", v6=name != "gamma")  # each frame would be a drop
        topology.connect()
        for name in ("alpha", "beta"):
            topology.nodes[name].config["network"][1]["members"] = ["alpha", "beta"]
        for node in topology.nodes.values():
            node.start()
        wait_for = [topology.nodes[name].attachment("red-c") for name in topology.nodes]
        for source in wait_for:
            for target in wait_for:
                if source is not target:
                    until(lambda s=source, t=target:
                          ping(s.namespace, t.ipv4, wait_s=1).received, f"{source} > {target}")
        topology.stranger("mallory", 66)
        yield topology


@pytest.fixture
def mallory(guarded):
    namespace = next(ns for ns in guarded.strangers if ns.name.endswith("mallory"))
    with RawPort(namespace, UPLINK) as port:
        yield port


def uplink_mac(node):
    return node.links()[UPLINK]["address"]


class TestPort:
    """What a container may not send."""

    @pytest.mark.kernel_wireguard
    def test_drops_frame_with_spoofed_source_mac(self, guarded):
        a, b = ends(guarded)
        frame = ethernet(b.mac, "02:66:66:66:66:66", 0x88B5, MARKER * 5)
        with Expect(a.node, "spoofed_mac", "tc_port", [b]), RawPort(a.namespace, a.ifname) as port:
            port.send(frame)

    @pytest.mark.parametrize("mac", [BROADCAST, "01:00:5e:00:00:01", "00:00:00:00:00:00"])
    def test_drops_frame_with_impossible_source_mac(self, guarded, mac):
        a, b = ends(guarded)
        with Expect(a.node, "spoofed_mac", "tc_port", [b]), RawPort(a.namespace, a.ifname) as port:
            port.send(ethernet(b.mac, mac, 0x88B5, MARKER * 5))

    @pytest.mark.parametrize("tags", [[], [(0x8100, 5)]], ids=["untagged", "tagged"])
    def test_drops_ipv4_packet_with_spoofed_source_address(self, guarded, tags):
        a, b = ends(guarded)
        packet = ipv4("10.1.0.99", b.ipv4, 17, udp(5, 6, MARKER))
        with Expect(a.node, "spoofed_ip", "tc_port", [b]), RawPort(a.namespace, a.ifname) as port:
            port.send(ethernet(b.mac, a.mac, 0x0800, packet, tags))

    def test_drops_ipv6_packet_with_spoofed_source_address(self, guarded):
        a, b = ends(guarded)
        packet = ipv6("2001:db8:1::99", b.ipv6, 17, udp(5, 6, MARKER))
        with Expect(a.node, "spoofed_ip", "tc_port", [b]), RawPort(a.namespace, a.ifname) as port:
            port.send(ethernet(b.mac, a.mac, 0x86DD, packet))

    @pytest.mark.parametrize("operation", [1, 2], ids=["request", "reply"])
    def test_drops_arp_that_announces_another_address(self, guarded, operation):
        a, b = ends(guarded)
        payload = arp(operation, a.mac, b.ipv4, "10.1.0.1") + MARKER
        with Expect(a.node, "spoofed_arp", "tc_port", [b]), RawPort(a.namespace, a.ifname) as port:
            port.send(ethernet(BROADCAST, a.mac, 0x0806, payload))

    def test_drops_arp_that_announces_another_mac(self, guarded):
        a, b = ends(guarded)
        payload = arp(2, "02:66:66:66:66:66", a.ipv4, "10.1.0.1") + MARKER
        with Expect(a.node, "spoofed_arp", "tc_port", [b]), RawPort(a.namespace, a.ifname) as port:
            port.send(ethernet(BROADCAST, a.mac, 0x0806, payload))

    def test_drops_neighbour_advertisement_for_another_address(self, guarded):
        a, b = ends(guarded)
        target = socket.inet_pton(socket.AF_INET6, b.ipv6)
        body = struct.pack("!BBHI16s", 136, 0, 0, 0x20000000, target) + \
            b"\x02\x01" + mac_bytes(a.mac) + MARKER
        packet = ipv6(a.ipv6, "ff02::1", 58, body)
        with Expect(a.node, "spoofed_arp", "tc_port", [b]), RawPort(a.namespace, a.ifname) as port:
            port.send(ethernet("33:33:00:00:00:01", a.mac, 0x86DD, packet))

    def test_passes_honest_traffic_through_the_guard(self, guarded):
        a, b = ends(guarded)
        before = a.node.drops()
        a.namespace.ip(f"neigh flush dev {a.ifname}")
        assert ping(a.namespace, b.ipv4, count=3, interval_s=0.05).lost == 0
        assert ping(a.namespace, b.ipv6, count=3, interval_s=0.05).lost == 0
        assert a.node.drops() == before


class TestUplink:
    """What the underlay may not send us, and what may not leave."""

    @pytest.mark.parametrize("vni", [
        100, pytest.param(4242, marks=pytest.mark.kernel_wireguard)])
    def test_drops_clear_vxlan_injected_on_the_uplink(self, guarded, mallory, vni):
        a, _ = ends(guarded)
        inner = ethernet(a.mac, "02:66:66:66:66:66", 0x88B5, MARKER * 5)
        packet = vxlan_packet("192.0.2.2", "192.0.2.1", vni, inner)
        with Expect(a.node, "clear_vxlan", "xdp_uplink", [a]):
            mallory.send(ethernet(uplink_mac(a.node), "02:00:00:00:66:66", 0x0800, packet))

    def test_drops_clear_vxlan_over_ipv6_on_the_uplink(self, guarded, mallory):
        a, _ = ends(guarded)
        inner = ethernet(a.mac, "02:66:66:66:66:66", 0x88B5, MARKER * 5)
        packet = ipv6("2001:db8:ff::2", "2001:db8:ff::1", 17,
                      udp(50000, VXLAN_PORT, vxlan(100, inner)))
        with Expect(a.node, "clear_vxlan", "xdp_uplink", [a]):
            mallory.send(ethernet(uplink_mac(a.node), "02:00:00:00:66:66", 0x86DD, packet))

    @pytest.mark.kernel_wireguard
    def test_drops_clear_vxlan_that_would_leave(self, guarded):
        a, _ = ends(guarded)
        inner = ethernet(BROADCAST, a.mac, 0x88B5, MARKER * 5)
        packet = vxlan_packet("192.0.2.1", "192.0.2.2", 100, inner)
        with Expect(a.node, "clear_vxlan", "tc_uplink"), \
                RawPort(a.node.namespace, UPLINK) as port, pytest.raises(OSError):
            port.send(ethernet("02:00:00:00:00:02", uplink_mac(a.node), 0x0800, packet))

    @pytest.mark.parametrize("family,via", crossed(
        ["ipv4", "ipv6"], ["gateway", "link"], guests=[("ipv4", "link"), ("ipv6", "gateway")],
        mark=pytest.mark.kernel_wireguard))
    def test_stops_overlay_packet_that_would_leave_in_clear(self, guarded, family, via):
        """The node routes an overlay subnet to the underlay: nothing of it may come out, nor, where
        no gateway is named, the question who has the address."""
        a, b = ends(guarded)
        target = b.ipv4 if family == "ipv4" else b.ipv6
        gateway = "via 192.0.2.2" if family == "ipv4" else "via 2001:db8:ff::2"
        route = f"{target} {gateway if via == 'gateway' else ''} dev {UPLINK}"
        a.node.namespace.ip(f"route add {route}")
        try:
            with Expect(a.node, "clear_overlay", "tc_uplink"):
                assert ping(a.node.namespace, target, wait_s=1).received == 0
        finally:
            a.node.namespace.ip(f"route del {route}")

    @pytest.mark.parametrize("family", ["ipv4", "ipv6"])
    def test_drops_overlay_addresses_that_arrive_in_clear(self, guarded, mallory, family):
        a, b = ends(guarded)
        ethertype, packet = {
            "ipv4": (0x0800, ipv4(b.ipv4, a.ipv4, 17, udp(5, 6, MARKER))),
            "ipv6": (0x86DD, ipv6(b.ipv6, a.ipv6, 17, udp(5, 6, MARKER))),
        }[family]
        with Expect(a.node, "clear_overlay", "xdp_uplink", [a]):
            mallory.send(ethernet(uplink_mac(a.node), "02:00:00:00:66:66", ethertype, packet))

    @pytest.mark.parametrize("payload", [pytest.param(payload, id=name) for name, payload in [
        ("unknown type", struct.pack("<I", 9) + bytes(60)),
        ("short initiation", struct.pack("<I", 1) + bytes(100)),
        ("data without room for a tag", struct.pack("<I", 4) + bytes(24)),
        ("reserved bytes not zero", struct.pack("<I", 0x0104) + bytes(60)),
        ("text", b"GET / HTTP/1.1\r\n\r\n"),
        ("empty", b""),
    ]])
    def test_drops_what_is_not_wireguard_on_a_wireguard_port(self, guarded, mallory, payload):
        a, _ = ends(guarded)
        packet = ipv4("192.0.2.66", "192.0.2.1", 17, udp(4000, LISTEN_PORT, payload))
        with Expect(a.node, "wg_shape", "xdp_uplink"):
            mallory.send(ethernet(uplink_mac(a.node), "02:00:00:00:66:66", 0x0800, packet))

    def test_leaves_other_traffic_of_the_node_alone(self, guarded):
        """The uplink is the machine's own network, too: its ordinary traffic is not ours."""
        stranger = next(ns for ns in guarded.strangers if ns.name.endswith("mallory"))
        for address in ("192.0.2.1", "2001:db8:ff::1"):
            assert ping(stranger, address, count=3, interval_s=0.05).lost == 0
        guarded.capture.forget()  # those echo replies are clear text, as they should be


class TestLane:
    """What a peer may not send: it holds a valid key, so this arrives decrypted."""

    def send_inside_tunnel(self, node, packet):
        sock = node.namespace.call(socket.socket, socket.AF_PACKET, socket.SOCK_DGRAM, 0)
        with sock:
            sock.sendto(packet, (node.lane_device(), ETH_P_IP))

    def inner(self, a, b):
        return ethernet(a.mac, b.mac, 0x88B5, MARKER * 5)

    @pytest.mark.kernel_wireguard
    def test_drops_packet_from_a_peer_that_claims_another_peers_vtep(self, guarded):
        a, b = ends(guarded)
        gamma = guarded.nodes["gamma"]
        packet = vxlan_packet(gamma.vtep, a.node.vtep, 100, self.inner(a, b))
        with Expect(a.node, "wg_source", "wireguard", [a]):
            self.send_inside_tunnel(b.node, packet)

    @pytest.mark.kernel_wireguard
    def test_drops_frame_for_a_vni_the_sender_may_not_use(self, guarded):
        """gamma believes it is a member of blue; alpha and beta know better."""
        alpha, gamma = guarded.nodes["alpha"], guarded.nodes["gamma"]
        source, target = gamma.attachment("blue-c"), alpha.attachment("blue-c")
        with Expect(alpha, "vni_not_allowed", "tc_lane", [target]), \
                RawPort(source.namespace, source.ifname) as port:
            port.send(ethernet(BROADCAST, source.mac, 0x88B5, MARKER * 5))

    def test_drops_frame_for_a_vni_that_does_not_exist(self, guarded):
        a, b = ends(guarded)
        packet = vxlan_packet(b.node.vtep, a.node.vtep, 4242, self.inner(a, b))
        before = {key: count for key, count in a.node.drops().items() if key[0] == "tc_lane"}
        self.send_inside_tunnel(b.node, packet)
        until(lambda: {key: count for key, count in a.node.drops().items()
                       if key[0] == "tc_lane"} != before, "tc_lane drops it")
        assert {reason for (hook, reason), count in a.node.drops().items()
                if hook == "tc_lane" and count > before.get((hook, reason), 0)} <= \
            {"vni_not_allowed", "no_network"}

    def test_drops_what_is_not_vxlan(self, guarded):
        a, b = ends(guarded)
        packet = ipv4(b.node.vtep, a.node.vtep, 17, udp(50000, 53, MARKER * 5))
        with Expect(a.node, "not_vxlan", "tc_lane"):
            self.send_inside_tunnel(b.node, packet)

    def test_drops_frame_that_claims_a_local_mac(self, guarded):
        """beta says that alpha's own container lives at beta."""
        a, b = ends(guarded)
        frame = ethernet(BROADCAST, a.mac, 0x88B5, MARKER * 5)
        with Expect(a.node, "src_mac_local", "tc_lane", [a]):
            self.send_inside_tunnel(b.node, vxlan_packet(b.node.vtep, a.node.vtep, 100, frame))
        assert ping(a.namespace, b.ipv4).lost == 0

    def test_drops_runt_inside_the_tunnel(self, guarded):
        a, b = ends(guarded)
        runt = ethernet(a.mac, b.mac, 0x88B5, b"short")
        packet = vxlan_packet(b.node.vtep, a.node.vtep, 100, runt)
        with Expect(a.node, "malformed", "tc_lane"):
            self.send_inside_tunnel(b.node, packet)


def test_status_sums_up_what_drops_lists(guarded):
    a, b = ends(guarded)
    alpha = a.node
    with Expect(alpha, "spoofed_mac", "tc_port"), RawPort(a.namespace, a.ifname) as port:
        port.send(ethernet(b.mac, "02:66:66:66:66:66", 0x88B5, MARKER * 5))
    total = sum(alpha.drops().values())
    status = alpha.coax("status")
    assert status["drops_total"] == total > 0
    assert status["clear_frames"] == sum(
        count for (_, reason), count in alpha.drops().items() if reason.startswith("clear_"))
    assert len(status["top_drops"]) <= 8
    counts = [row["packets"] for row in status["top_drops"]]
    assert counts == sorted(counts, reverse=True)
