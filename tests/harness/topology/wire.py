# SPDX-License-Identifier: Apache-2.0
"""A bad wire: loses, repeats and reorders frames between a node and the switch.

    node [eth0] --- [PORT]  (this thread)  [bad-PORT] --- [PORT-x] br0

In user space, and not netem, so that it needs nothing of the kernel and repeats with its seed.
"""

import select
import socket
import threading
from collections import deque

from .packet_socket import (
    ETH_P_ALL,
    PACKET_IGNORE_OUTGOING,
    PACKET_VNET_HDR,
    SOL_PACKET,
    SO_RCVBUFFORCE,
)

_FRAME_MAX = 1 << 17
_QUEUE_BYTES = 4 << 20
_TICK_S = 0.05


class BadWire:
    """Between constructor and close(). `lost`, `repeated`, `late`: shares of the frames."""

    def __init__(self, switch, port, rng, *, lost=0.1, repeated=0.05, late=0.2):
        self._switch, self._port, self._rng = switch, port, rng
        self._shares = lost, repeated, late
        self.counts = {"lost": 0, "repeated": 0, "late": 0, "passed": 0}
        near, far = f"bad-{port}"[:15], f"{port}-x"[:15]
        self._names = near, far
        mtu = switch.mtu
        switch.ip(f"link add name {near} mtu {mtu} type veth peer name {far} mtu {mtu}",
                  f"link set dev {near} up", f"link set dev {far} up",
                  f"link set dev {port} nomaster", f"link set dev {port} promisc on",
                  f"link set dev {near} promisc on", f"link set dev {far} master br0")
        self._sockets = [switch.call(_open, name) for name in (port, near)]
        self._held = {sock: deque() for sock in self._sockets}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def close(self):
        if self._stop.is_set():
            return
        self._stop.set()
        self._thread.join()
        for sock in self._sockets:
            sock.close()
        self._switch.ip(f"link del {self._names[0]}", f"link set dev {self._port} promisc off",
                        f"link set dev {self._port} master br0", check=False)

    def _carry(self):
        one, other = self._sockets
        opposite = {one: other, other: one}
        while not self._stop.is_set():
            ready, _, _ = select.select(self._sockets, [], [], _TICK_S)
            for sock in ready:
                self._pass_on(_receive(sock), opposite[sock])
            if not ready:
                for sock in self._sockets:
                    self._release(sock, 0)

    def _pass_on(self, frame, to):
        lost, repeated, late = self._shares
        dice = self._rng.random()
        if frame is None:
            return
        if dice < lost:
            self.counts["lost"] += 1
        elif dice < lost + repeated:
            self.counts["repeated"] += 1
            self._send(to, frame)
            self._send(to, frame)
        elif dice < lost + repeated + late:
            self.counts["late"] += 1
            self._held[to].append(frame)
        else:
            self.counts["passed"] += 1
            self._send(to, frame)
            self._release(to, 3)

    def _release(self, to, keep):
        """Sends what was held back, in the wrong order, down to `keep` frames."""
        while len(self._held[to]) > keep:
            self._send(to, self._held[to].pop())

    def _send(self, to, frame):
        try:
            to.send(frame)
        except OSError:
            self.counts["lost"] += 1  # the interface is down


def _receive(sock):
    try:
        return sock.recv(_FRAME_MAX)
    except OSError:
        return None


def _open(name):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sock.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, _QUEUE_BYTES)
    sock.setblocking(False)
    sock.bind((name, ETH_P_ALL))
    return sock
