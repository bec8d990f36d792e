# SPDX-License-Identifier: Apache-2.0
"""Faults of processes: killed, stopped, starved."""

import os
import signal

from topology.netns import kill_all
from topology.shell import until

from .fault import fault


@fault
def agent_killed(world, node, _rng):
    world.kill(node)
    yield


@fault
def agent_terminated(world, node, _rng):
    world.signal(node, signal.SIGTERM)
    yield


@fault
def agent_killed_while_it_starts(world, node, rng):
    """Several times, each at another line of its log."""
    for _ in range(4):
        world.kill(node)
        size, lines = len(node.log()), rng.randrange(8)
        node.start(wait=False)

        def on_its_way():
            said = node.log()[size:]
            return said.count("\n") >= lines or "agent.started" in said or \
                node.agent.poll() is not None

        until(on_its_way, "the agent is on its way")
    world.kill(node)
    yield


@fault
def agent_stopped(world, node, _rng):
    world.signal(node, signal.SIGSTOP)
    yield
    world.signal(node, signal.SIGCONT)


@fault
def reload_storm(world, node, rng):
    """SIGHUP upon SIGHUP, in between a file that is wrong."""
    for _ in range(rng.randrange(5, 20)):
        if rng.random() < 0.3:
            with open(node.config_path, "w", encoding="ascii") as file:
                file.write("[node\nid = wrong")
        world.signal(node, signal.SIGHUP)
        node.write_config()
    yield
    world.signal(node, signal.SIGHUP)


@fault
def wireguard_killed(world, node, _rng):
    pids = world.wireguard_pids(node)
    kill_all(pids)
    if not pids:
        node.namespace.ip(f"link del {node.lane_device()}")
    yield


@fault
def wireguard_stopped(world, node, _rng):
    pids = world.wireguard_pids(node)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    yield
    for pid in pids:
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            pass
