# SPDX-License-Identifier: Apache-2.0
"""Traffic to a machine that must not notice what is done to it meanwhile."""

from contextlib import contextmanager

from topology.losses import namespaces_of, socket_overflows
from topology.shell import until
from topology.traffic import IperfRun, SteadyPing

DAY_S = 86400  # ended by us
LOAD = ("-b", "20M")  # what wireguard-go carries without losses of its own, on an idle machine
AFTERWARDS = 5


@contextmanager
def undisturbed(topology, machine):
    """An iperf3 stream from beta to the host port goes on all the time, and pings beside it are all
    answered, also some in the end, but for what wireguard-go did not fetch in time."""
    ends = topology.nodes["beta"].attachment("red-c"), machine.node.attachment("red-h")
    source, target = ends[0].namespace, ends[1].ipv4
    overflowed = socket_overflows(namespaces_of(*ends))
    stream = IperfRun(source, machine.node.namespace, target, seconds=DAY_S, arguments=LOAD)
    steady = SteadyPing(source, target, interval_s=0.05)
    try:
        yield
        enough = len(steady.answered()) + AFTERWARDS
        until(lambda: len(steady.answered()) >= enough, "traffic goes on afterwards")
    finally:
        answered, lost = steady.stop()
        stream.stop()
    assert answered > 0
    assert lost <= socket_overflows(namespaces_of(*ends)) - overflowed
