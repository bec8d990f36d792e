# SPDX-License-Identifier: Apache-2.0
"""Whatever is done to a node: it converges, nothing leaks in clear, no agent crashes."""

import os
import signal
import time

import pytest
from chaos import edits, processes, resources, wires  # noqa: F401  they fill FAULTS
from chaos.fault import FAULTS, inflict
from chaos.usage import Usage
from chaos.world import AgentCrashed
from topology.shell import until

CHAOS_S = float(os.environ.get("COAX_CHAOS_SECONDS", "20"))
SOAK_S = float(os.environ.get("COAX_SOAK_SECONDS", "10"))


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_heals(world, rng, name):
    inflict(world, [name], rng)


def test_each_crash_is_noticed(world):
    """Else the silence of the tests above would prove nothing."""
    node = world.nodes[0]
    node.agent.send_signal(signal.SIGABRT)
    node.agent.wait()
    with pytest.raises(AgentCrashed):
        world.supervise()
    world.expect(node, signal.SIGABRT)
    world.settle("a crash")


def test_faults_in_pairs_heal_for_a_while(world, rng):
    """Two at a time, on any nodes, until the time is up."""
    end = time.monotonic() + CHAOS_S
    rounds = 0
    while time.monotonic() < end:
        inflict(world, rng.sample(sorted(FAULTS), 2), rng)
        rounds += 1
    assert rounds > 0


def test_soak_keeps_memory_and_descriptors_flat(world, rng):
    """Reloads, restarts of nothing, questions and scrapes; the first part warms up. What grew must
    not grow again: an arena that malloc makes late is no leak."""
    def work(seconds):
        end = time.monotonic() + seconds

        def worked():
            for node in world.nodes:
                node.reload()
                node.coax("status")
                node.coax("fdb")
                node.coax("drops")
            return time.monotonic() > end

        until(worked, "the time is up", seconds + 120)

    def grown_after(seconds):
        before = {node.name: Usage.of(node) for node in world.nodes}
        work(seconds)
        world.settle("the soak")
        found = [(node.name, before[node.name], Usage.of(node)) for node in world.nodes]
        print(*(f"{name}: {was} -> {now}" for name, was, now in found), sep="\n")
        return [row for row in found if not row[2].is_flat(row[1])]

    world.settle("the start of the soak")
    work(SOAK_S / 2)
    grown = grown_after(SOAK_S) and grown_after(SOAK_S)
    assert not grown, grown
