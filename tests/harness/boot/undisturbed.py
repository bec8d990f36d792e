# SPDX-License-Identifier: Apache-2.0
"""Traffic to a machine that must not notice what is done to it meanwhile."""

from contextlib import contextmanager

from topology.traffic import SteadyPing, ping


@contextmanager
def undisturbed(topology, machine):
    """beta pings the host port all the time: every packet is answered, also those in the end."""
    source = topology.nodes["beta"].attachment("red-c").namespace
    target = machine.node.attachment("red-h").ipv4
    steady = SteadyPing(source, target, interval_s=0.05)
    try:
        yield
        last = ping(source, target, count=5, interval_s=0.05)
        assert last.lost == 0, last.output
    finally:
        answered, lost = steady.stop()
    assert (answered > 0, lost) == (True, 0)
