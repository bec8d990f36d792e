# SPDX-License-Identifier: Apache-2.0
"""Watches every frame the nodes send into the switch: it must be WireGuard, or ARP and ND of the
underlay itself. Loss-free: WireGuard is sorted out in the kernel (wgfilter), and a queue that
overflowed is a finding, too.
"""

import ctypes
import errno
import ipaddress
import socket
import struct
from dataclasses import dataclass

from .packet_socket import (
    ETH_P_ALL,
    PACKET_IGNORE_OUTGOING,
    PACKET_STATISTICS,
    SOL_PACKET,
    SO_ATTACH_FILTER,
    SO_RCVBUFFORCE,
)
from .wgfilter import not_wireguard

# Put into payloads of test traffic: must never be seen on the underlay.
MARKER = b"COAXCLEARTEXT"

_SUSPECT_QUEUE_BYTES = 8 << 20
_SAMPLE_QUEUE_BYTES = 1 << 20
_FRAME_MAX = 65536


@dataclass(frozen=True)
class Finding:
    """A frame that should not be on the underlay."""
    port: str
    what: str
    frame: bytes

    def __str__(self):
        return f"{self.port}: {self.what}: {self.frame[:96].hex()}"


class _Tap:
    """Two sockets on one switch port: `suspects` passes all that is not WireGuard, `sample` counts
    everything and keeps the first megabyte of it."""

    def __init__(self, port):
        self.port = port
        self.suspects = _open_socket(port, _SUSPECT_QUEUE_BYTES)
        self.sample = _open_socket(port, _SAMPLE_QUEUE_BYTES)
        self.seen = 0

    def close(self):
        self.suspects.close()
        self.sample.close()


class Capture:
    """Taps the switch's ports (only what nodes send; what the switch sends is theirs to judge)."""

    def __init__(self, switch, underlay_prefixes):
        self._switch = switch
        self._prefixes = [ipaddress.ip_network(prefix) for prefix in underlay_prefixes]
        self._udp_ports = set()
        self._tls_ports = set()
        self._taps = []
        self._findings = []

    def watch(self, port):
        tap = self._switch.call(_Tap, port)
        self._taps.append(tap)
        self._filter(tap)

    def allow_udp_ports(self, ports):
        self._udp_ports |= set(ports)
        for tap in self._taps:
            self._filter(tap)

    def allow_tls_port(self, port):
        """TCP to and from it is the control plane's; the marker must not be in it either."""
        self._tls_ports.add(port)

    def frames(self):
        """Frames seen so far on all ports."""
        for tap in self._taps:
            tap.seen += _statistics(tap.sample)[0]
        return sum(tap.seen for tap in self._taps)

    def findings(self):
        """All findings so far: clear text, fragments, strangers."""
        for tap in self._taps:
            for frame in _drain(tap.suspects):
                what = self._judge(frame)
                if what:
                    self._findings.append(Finding(tap.port, what, frame))
            if _statistics(tap.suspects)[1]:
                self._findings.append(Finding(tap.port, "queue overflowed by non-WireGuard", b""))
            tap.seen += _statistics(tap.sample)[0]
            for frame in _drain(tap.sample):
                if MARKER in frame:
                    self._findings.append(Finding(tap.port, "clear text in the payload", frame))
        return list(self._findings)

    def forget(self):
        """Takes the findings so far off the record, for tests that inject on purpose."""
        self.findings()
        self._findings.clear()

    def close(self):
        for tap in self._taps:
            tap.close()
        self._taps.clear()

    def _filter(self, tap):
        program = not_wireguard(self._udp_ports)
        buffer = ctypes.create_string_buffer(program)
        header = struct.pack("@HP", len(program) // 8, ctypes.addressof(buffer))
        tap.suspects.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, header)

    def _judge(self, frame):
        """None when the frame is the underlay's own business, else what it is."""
        ethertype = struct.unpack_from("!H", frame, 12)[0] if len(frame) >= 14 else 0
        if ethertype == 0x0806:
            return self._judge_arp(frame)
        if ethertype == 0x0800 and len(frame) >= 34:
            return self._judge_ipv4(frame)
        if ethertype == 0x86DD and len(frame) >= 54:
            return self._judge_ipv6(frame)
        return f"ethertype 0x{ethertype:04x}"

    def _judge_arp(self, frame):
        sender, target = frame[28:32], frame[38:42]
        own = self._is_underlay(target) and (self._is_underlay(sender) or sender == bytes(4))
        return None if own else "ARP about an address that is not the underlay's"

    def _judge_ipv4(self, frame):
        source, target, protocol = frame[26:30], frame[30:34], frame[23]
        if struct.unpack_from("!H", frame, 20)[0] & 0x3FFF:
            return "IPv4 fragment"
        if protocol == 1 and frame[34] in (3, 11) and self._quotes_wireguard(frame[42:], 20):
            return None
        if protocol == 6 and self._is_control(frame[34:38], source, target):
            return "clear text in the payload" if MARKER in frame else None
        if protocol == 2 and (self._is_underlay(source) or source == bytes(4)):
            return None  # IGMP
        return f"IPv4 protocol {protocol} {_text(source)} > {_text(target)}"

    def _judge_ipv6(self, frame):
        source, target, protocol = frame[22:38], frame[38:54], frame[20]
        if protocol == 0 and frame[54] == 58 and frame[62] in (130, 131, 132, 143):
            return None  # MLD
        if protocol == 58 and frame[54] in (133, 134):
            return None  # router solicitation and advertisement
        if protocol == 58 and frame[54] in (135, 136) and self._is_underlay(frame[62:78]):
            return None
        if protocol == 58 and frame[54] < 5 and self._quotes_wireguard(frame[62:], 40):
            return None
        if protocol == 44:
            return "IPv6 fragment"
        return f"IPv6 next header {protocol} {_text(source)} > {_text(target)}"

    def _quotes_wireguard(self, quoted, header_bytes):
        if len(quoted) < header_bytes + 4:
            return False
        return set(struct.unpack_from("!HH", quoted, header_bytes)) <= self._udp_ports

    def _is_control(self, ports, source, target):
        return (len(ports) == 4 and not self._tls_ports.isdisjoint(struct.unpack("!HH", ports))
                and self._is_underlay(source) and self._is_underlay(target))

    def _is_underlay(self, packed):
        address = ipaddress.ip_address(packed)
        return address.is_link_local or any(address in prefix for prefix in self._prefixes)


def _open_socket(port, queue_bytes):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)  # protocol 0: nothing before bind
    sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, queue_bytes)
    sock.setblocking(False)
    sock.bind((port, ETH_P_ALL))
    return sock


def _drain(sock):
    while True:
        try:
            yield sock.recv(_FRAME_MAX)
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno != errno.ENETDOWN:  # said once when the port went down; it goes on after
                raise


def _statistics(sock):
    """Packets and drops since the last call."""
    return struct.unpack("II", sock.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))


def _text(packed):
    return str(ipaddress.ip_address(packed))
