# SPDX-License-Identifier: Apache-2.0
"""MTUs fit the padding of WireGuard exactly: what fits goes through, the rest is answered."""

import socket
import struct
from dataclasses import dataclass

import pytest
from conftest import build_pair
from topology.frames import RawPort, ethernet
from topology.shell import until
from topology.traffic import bits_per_second, iperf, ping

IP_OVERHEAD = {"ipv4": 20 + 8, "ipv6": 40 + 8}


@dataclass(frozen=True)
class Row:
    uplink: int
    v6_underlay: bool
    lane: int
    inner: int


# design.md section 4: wg and inner MTU for an underlay MTU and family.
ROWS = {
    "1500 over IPv4": Row(1500, False, 1440, 1390),
    "1500 over IPv6": Row(1500, True, 1408, 1358),
    "9000 over IPv4": Row(9000, False, 8928, 8878),
    "9000 over IPv6": Row(9000, True, 8912, 8862),
}


@dataclass
class Case:
    topology: object
    row: Row

    @property
    def ports(self):
        return [node.attachment("red-c") for node in self.topology.nodes.values()]


# The other tests that run on every kernel have an MTU of 1500.
CASES = [pytest.param(name, id=name.replace(" ", "-"),
                      marks=[pytest.mark.kernel_wireguard] if name == "9000 over IPv6" else [])
         for name in ROWS]


@pytest.fixture(scope="module", params=CASES)
def case(request):
    row = ROWS[request.param]
    underlay = {"v4": not row.v6_underlay, "v6": row.v6_underlay}
    topology = build_pair(request.node.nodeid + request.param, mtu=row.uplink, alpha=underlay,
                          beta=underlay, start=False)
    for node in topology.nodes.values():
        node.config["agent"]["reconcile_period_ms"] = 3_600_000  # leaves a raised MTU alone
    topology.start().settle()
    yield Case(topology, row)
    topology.close()


def address(port, family):
    return port.ipv4 if family == "ipv4" else port.ipv6


def user_mtu(port):
    def read():
        with open(f"/proc/sys/net/ipv6/conf/{port.ifname}/mtu", encoding="ascii") as file:
            return int(file.read())
    return port.namespace.call(read)


def test_mtus_are_those_of_the_table(case):
    for node in case.topology.nodes.values():
        status = node.coax("status")
        assert [lane["mtu"] for lane in status["lanes"]] == [case.row.lane]
        assert [network["mtu"] for network in status["networks"]] == [case.row.inner]
        assert node.links()[node.lane_device()]["mtu"] == case.row.lane
        assert user_mtu(node.attachment("red-c")) == case.row.inner


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_largest_packet_goes_through_whole_and_the_next_is_refused(case, family):
    a, b = case.ports
    fits = case.row.inner - IP_OVERHEAD[family]
    whole = ping(a.namespace, address(b, family), size=fits, dont_fragment=True)
    assert whole.received == 1, whole.output
    assert ping(a.namespace, address(b, family), size=fits + 1, wait_s=1,
                dont_fragment=True).received == 0


@pytest.mark.parametrize("length", range(-17, 1))
def test_no_size_near_the_limit_makes_an_outer_fragment(case, length):
    """WireGuard pads to 16 bytes: all sixteen residues. The capture calls a fragment a finding."""
    a, b = case.ports
    size = case.row.inner - IP_OVERHEAD["ipv4"] + length
    assert ping(a.namespace, b.ipv4, size=size, dont_fragment=True).received == 1


def test_largest_non_ip_frame_goes_through(case):
    a, b = case.ports
    frame = ethernet(b.mac, a.mac, 0x88B5, b"\x5a" * case.row.inner)
    with RawPort(a.namespace, a.ifname) as source, RawPort(b.namespace, b.ifname) as target:
        source.send(frame)
        assert target.receive(lambda got: got[12:14] == b"\x88\xb5") == frame


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_tcp_fills_the_mtu(case, family):
    a, b = case.ports
    gso, drops = a.node.counter("encap_gso"), [n.drops() for n in case.topology.nodes.values()]
    report = iperf(a.namespace, b.namespace, address(b, family), seconds=2)
    assert bits_per_second(report) > 0
    assert a.node.counter("encap_gso") > gso
    assert [n.drops() for n in case.topology.nodes.values()] == drops


class TestPortWithRaisedMtu:
    """Somebody set a larger MTU on a container's interface: the data path answers for the rest
    until the agent's next pass."""

    @pytest.fixture
    def attempt(self, case):
        """attempt(condition, what): raises the MTU and calls the condition until it holds."""
        a, _ = case.ports
        raised, link = case.row.inner + 200, a.node.port_link("red-c")["ifname"]

        def forget_path_mtu():
            for family in ("-4", "-6"):
                a.namespace.run(["ip", family, "route", "flush", "cache"])

        def until_holds(condition, what):
            def once():
                forget_path_mtu()  # what an attempt learned that failed for another reason
                a.node.namespace.ip(f"link set dev {link} mtu {raised}")
                a.namespace.ip(f"link set dev {a.ifname} mtu {raised}")
                return condition()
            until(once, what)

        yield until_holds
        a.node.namespace.ip(f"link set dev {link} mtu {case.row.inner}")
        a.namespace.ip(f"link set dev {a.ifname} mtu {case.row.inner}")
        forget_path_mtu()

    @pytest.mark.parametrize("family", ["ipv4", "ipv6"])
    def test_is_told_by_icmp_that_the_packet_is_too_big(self, case, attempt, family):
        a, b = case.ports
        before = a.node.counter("too_big_sent")
        size = case.row.inner - IP_OVERHEAD[family] + 100

        def told():
            answer = ping(a.namespace, address(b, family), count=2, size=size, wait_s=1,
                          interval_s=0.3, dont_fragment=True)
            assert answer.received == 0
            assert f"mtu={case.row.inner}" in answer.output.replace(" ", "")
            return a.node.counter("too_big_sent") > before

        attempt(told, "ping reports the path's MTU")

    @pytest.mark.parametrize("family", ["ipv4", "ipv6"])
    def test_learns_the_path_mtu(self, case, attempt, family):
        a, b = case.ports
        before = a.node.counter("too_big_sent")
        attempt(lambda: path_mtu(a, address(b, family), case.row.inner + 100) == case.row.inner
                and a.node.counter("too_big_sent") > before, "the path MTU is learned")

    def test_too_big_non_ip_frame_is_dropped_and_counted(self, case, attempt):
        a, b = case.ports
        before = a.node.dropped("too_big")
        frame = ethernet(b.mac, a.mac, 0x88B5, b"\x5a" * (case.row.inner + 150))

        def counted():
            with RawPort(a.namespace, a.ifname) as source:
                try:
                    source.send(frame)
                except OSError:
                    return False  # the MTU was put right in between
            return a.node.dropped("too_big") > before

        attempt(counted, "it is counted")

    @pytest.mark.parametrize("family", ["ipv4", "ipv6"])
    def test_tcp_is_clamped_to_the_networks_mss(self, case, attempt, family):
        """Both directions: the peer must not be told more than fits, nor may it tell us."""
        a, b = case.ports
        before = a.node.counter("mss_clamped")

        def clamped():
            for client, server in ((a, b), (b, a)):
                mss = negotiated_mss(client, server, family)
                assert mss <= case.row.inner - (40 if family == "ipv4" else 60)
            return a.node.counter("mss_clamped") > before

        attempt(clamped, "a SYN is clamped")


def path_mtu(port, target, size):
    """Sends one large datagram that must not be fragmented, then asks the kernel (IP_MTU)."""
    v6 = ":" in target
    family = socket.AF_INET6 if v6 else socket.AF_INET
    level, discover, mtu, do = ((socket.IPPROTO_IPV6, 23, 24, 2) if v6 else
                                (socket.IPPROTO_IP, 10, 14, 2))
    with port.namespace.call(socket.socket, family, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(level, discover, do)
        sock.connect((target, 9))
        try:
            sock.send(bytes(size - (48 if v6 else 28)))
        except OSError:
            pass  # EMSGSIZE: it is known already
        return sock.getsockopt(level, mtu)


def negotiated_mss(client, server, family):
    """The MSS that the client's SYN announces, as the server's side of the connection sees it."""
    kind = socket.AF_INET6 if family == "ipv6" else socket.AF_INET
    with server.namespace.call(socket.socket, kind, socket.SOCK_STREAM) as listener:
        listener.bind((address(server, family), 0))
        listener.listen(1)
        port = listener.getsockname()[1]
        with client.namespace.call(socket.socket, kind, socket.SOCK_STREAM) as sock:
            sock.settimeout(60)
            sock.connect((address(server, family), port))
            accepted, _ = listener.accept()
            with accepted:
                return max(_tcp_send_mss(accepted), _tcp_send_mss(sock))


def _tcp_send_mss(sock):
    """tcpi_snd_mss: after eight bytes of flags come rto, ato, snd_mss."""
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    return struct.unpack_from("=8B5I", info)[8 + 2]
