# SPDX-License-Identifier: Apache-2.0
"""Traffic to a machine that must not notice what is done to it meanwhile."""

from contextlib import contextmanager

from topology.traffic import IperfRun, SteadyPing, ping

DAY_S = 86400  # ended by us
LOAD = ("-b", "20M")  # what wireguard-go carries without losses of its own


@contextmanager
def undisturbed(topology, machine):
    """An iperf3 stream from beta to the host port goes on all the time, and pings beside it are all
    answered, also those in the end."""
    source = topology.nodes["beta"].attachment("red-c").namespace
    target = machine.node.attachment("red-h").ipv4
    stream = IperfRun(source, machine.node.namespace, target, seconds=DAY_S, arguments=LOAD)
    steady = SteadyPing(source, target, interval_s=0.05)
    try:
        yield
        last = ping(source, target, count=5, interval_s=0.05)
        assert last.lost == 0, last.output
    finally:
        answered, lost = steady.stop()
        stream.stop()
    assert (answered > 0, lost) == (True, 0)
