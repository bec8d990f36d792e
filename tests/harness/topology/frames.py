# SPDX-License-Identifier: Apache-2.0
"""Raw Ethernet through AF_PACKET sockets inside a namespace, VLAN tags included."""

import socket
import struct
import time

from .packet_socket import (
    ETH_P_ALL,
    PACKET_AUXDATA,
    PACKET_IGNORE_OUTGOING,
    SOL_PACKET,
    SO_RCVBUFFORCE,
)
from .shell import DEADLINE_S

_TP_STATUS_VLAN_VALID = 1 << 4
_TP_STATUS_VLAN_TPID_VALID = 1 << 6
_AUXDATA = struct.Struct("IIIHHHH")
_FRAME_MAX = 65536
BROADCAST = "ff:ff:ff:ff:ff:ff"


def mac_bytes(text):
    return bytes.fromhex(text.replace(":", ""))


def ethernet(destination, source, ethertype, payload=b"", tags=()):
    """A frame; `tags` are (tpid, tci) pairs, outermost first."""
    head = mac_bytes(destination) + mac_bytes(source)
    for tpid, tci in tags:
        head += struct.pack("!HH", tpid, tci)
    return head + struct.pack("!H", ethertype) + payload


def padded(frame):
    """The frame as it arrives: Coax pads what is shorter than 34 bytes to 60, as a NIC does."""
    return frame if len(frame) >= 34 else frame.ljust(60, b"\0")


class RawPort:
    """Sends and receives whole frames on one interface."""

    def __init__(self, namespace, ifname):
        self._sock = namespace.call(_open_raw, ifname)
        self.sent_from = f"{namespace.name}/{ifname}"

    def send(self, frame):
        self._sock.send(frame)

    def receive(self, wanted, deadline_s=None):
        """The first frame for which wanted(frame) holds, or None at the deadline."""
        end = time.monotonic() + (deadline_s or DEADLINE_S)
        while (left := end - time.monotonic()) > 0:
            self._sock.settimeout(left)
            try:
                frame = self._receive_one()
            except (TimeoutError, BlockingIOError):
                return None
            if wanted(frame):
                return frame
        return None

    def received(self):
        """Everything that is in the queue now."""
        self._sock.settimeout(0)
        frames = []
        while True:
            try:
                frames.append(self._receive_one())
            except (TimeoutError, BlockingIOError):
                return frames

    def close(self):
        self._sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _receive_one(self):
        data, ancillary, _, _ = self._sock.recvmsg(_FRAME_MAX, 256)
        for level, kind, content in ancillary:
            if level == SOL_PACKET and kind == PACKET_AUXDATA:
                return _with_tag(data, content)
        return data


def _with_tag(frame, auxdata):
    """The kernel hands the outermost VLAN tag beside the frame: put it back."""
    status, _, _, _, _, tci, tpid = _AUXDATA.unpack(auxdata[:_AUXDATA.size])
    if not status & _TP_STATUS_VLAN_VALID:
        return frame
    if not status & _TP_STATUS_VLAN_TPID_VALID:
        tpid = 0x8100
    return frame[:12] + struct.pack("!HH", tpid, tci) + frame[12:]


def _open_raw(ifname):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20)
    sock.bind((ifname, ETH_P_ALL))
    return sock
