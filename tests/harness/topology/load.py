# SPDX-License-Identifier: Apache-2.0
"""Traffic both ways between two nodes that must not notice what is done meanwhile."""

import itertools
import re

from .losses import namespaces_of, socket_overflows
from .shell import until
from .traffic import IperfRun, SteadyPing

FIRST_STREAM_PORT = 5302
LOAD_S = 4  # at least; a slow machine takes longer for two restarts


class Load:
    """Numbered packets both ways, small and near the MTU, and a stream. Its window is small enough
    for the receive buffer of wireguard-go's socket, so that whatever is lost was lost by the
    restart; its rate leaves an emulated processor something for the agent."""

    _ports = itertools.count(FIRST_STREAM_PORT)

    def __init__(self, topology, names=("alpha", "beta")):
        a, b = [topology.nodes[name].attachment("red-c") for name in names]
        self._port = next(self._ports)
        self._pings = [SteadyPing(a.namespace, b.ipv4, interval_s=0.05),
                       SteadyPing(b.namespace, a.ipv4, interval_s=0.05),
                       SteadyPing(a.namespace, b.ipv6, interval_s=0.01, size=1000)]
        self._receiver = a.namespace
        self._namespaces = namespaces_of(a, b)
        self._overflowed = socket_overflows(self._namespaces)
        self._stream = IperfRun(b.namespace, a.namespace, a.ipv4, seconds=86400, port=self._port,
                                arguments=["-w", "32K", "-b", "4M"])

    def stream_goes_on(self):
        """Waits until the receiver has more than now."""
        before = self._received_bytes()
        until(lambda: self._received_bytes() > before, "the stream goes on")

    def _received_bytes(self):
        answer = self._receiver.run(["ss", "-tinH", "sport", "=", f":{self._port}"]).stdout
        return max(map(int, re.findall(r"bytes_received:(\d+)", answer)), default=0)

    def stop_and_assert_nothing_lost(self):
        """But for what wireguard-go did not fetch in time."""
        ended = [run.stop() for run in self._pings]
        self._stream.stop()
        assert all(answered > 0 for answered, _ in ended), ended
        overflowed = socket_overflows(self._namespaces) - self._overflowed
        assert sum(lost for _, lost in ended) <= overflowed, (ended, overflowed)
