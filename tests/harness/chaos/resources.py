# SPDX-License-Identifier: Apache-2.0
"""Faults of what a machine may run out of: disk, tables, memory, descriptors, steady time."""

import errno
import os
import signal
import socket
import time

from topology.capture import MARKER
from topology.frames import BROADCAST, ethernet
from topology.inspect import bpftool, pinned_map
from topology.packets import vxlan_packet
from topology.shell import run, until

from .fault import fault
from .world import FDB_ENTRIES

_ETH_P_IP = 0x0800
_CHUNK = bytes(4096)
_MORE_BYTES = 128 << 10


@fault
def disks_full(world, node, _rng):
    """State and run directory, while the agent must write, ends and starts again."""
    fillers = [f"{path}/filler" for path in (node.state_dir, node.run_dir)]
    for path in fillers:
        with open(path, "wb", buffering=0) as file:
            try:
                while file.write(_CHUNK):
                    pass
            except OSError as error:
                assert error.errno == errno.ENOSPC
    world.kill(node)
    node.start(wait=False)
    node.namespace.ip(f"link del {node.port_link('red-c')['ifname']}")
    yield
    for path in fillers:
        os.unlink(path)


@fault
def fdb_full(world, node, _rng):
    """A peer announces more MAC addresses than the table holds; they age by themselves."""
    peer = next(other for other in world.nodes if other is not node)
    assert _entries(node) < FDB_ENTRIES

    def full():
        _announce(peer, node)
        return _entries(node) >= FDB_ENTRIES

    if world.alone:
        until(full, "the FDB is full")
    else:
        full()
    yield


def _announce(peer, node):
    """One frame from each of many MAC addresses, through the lane as a container's would go."""
    sock = peer.namespace.call(socket.socket, socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    with sock:
        for number in range(2 * FDB_ENTRIES):
            mac = f"02:ee:00:00:{number >> 8:02x}:{number & 255:02x}"
            packet = vxlan_packet(peer.vtep, node.vtep, 100,
                                  ethernet(BROADCAST, mac, 0x88B5, MARKER * 4))
            try:
                sock.sendto(packet, (peer.lane_device(), _ETH_P_IP))
            except OSError:
                return  # another fault has the lane down, or its queue is full


@fault
def wall_clock_jumps(world, node, rng):
    """By hours back and forth, and by ten years. Only that of the agents."""
    for offset_s in (rng.randrange(3600, 86400), -rng.randrange(3600, 86400), 315_360_000):
        world.set_clock(offset_s)
        world.let_traffic_pass(50)
    if world.alone:
        world.signal(node, signal.SIGHUP)
        later = str(time.gmtime(time.time() + offset_s).tm_year)
        until(lambda: f"\n{later}-" in node.log(), "the agent sees another year")
    yield
    world.set_clock(0)


@fault
def descriptors_run_out(world, node, _rng):
    """Not one more than are open now."""
    pid = node.agent.pid
    run(["prlimit", f"--pid={pid}", f"--nofile={len(os.listdir(f'/proc/{pid}/fd'))}:"],
        check=world.alone)
    yield
    run(["prlimit", f"--pid={pid}", "--nofile=1024:"], check=world.alone)


@fault
def memory_is_short(world, node, _rng):
    """Hardly any more than what the agent has; with cgroup v1 the kernel may kill it for it."""
    world.expect(node, signal.SIGKILL)
    group = MemoryGroup(node)

    def runs_into_it():
        world.signal(node, signal.SIGHUP)
        node.coax_run("fdb", check=False)
        return group.pressed()

    try:
        if world.alone:
            until(runs_into_it, "the agent runs into its limit")
        yield
    finally:
        group.close(node)


def _entries(node):
    """Counted past the agent, which may be stopped."""
    return len(bpftool("map", "dump", "pinned", pinned_map(node, "coax_fdb")) or [])


class MemoryGroup:
    """Of cgroup v1 or v2, whichever has the memory controller, mounted where nobody else looks."""

    def __init__(self, node):
        self._mount = f"{node.directory}/cgroup"
        self._group = f"{self._mount}/coax-chaos-{node.instance}"
        os.makedirs(self._mount, exist_ok=True)
        is_v1 = run(["mount", "-t", "cgroup", "-o", "memory", "none", self._mount],
                    check=False).returncode == 0
        if not is_v1:
            run(["mount", "-t", "cgroup2", "none", self._mount])
            self._write(f"{self._mount}/cgroup.subtree_control", "+memory")
        os.makedirs(self._group, exist_ok=True)
        # Both count only what the agent takes from now on.
        self._write("memory.limit_in_bytes" if is_v1 else "memory.high", _MORE_BYTES)
        self._move(self._group, node)

    def pressed(self):
        """How often the limit was met so far."""
        if os.path.exists(f"{self._group}/memory.failcnt"):
            return int(self._read("memory.failcnt"))
        words = self._read("memory.events").split()
        return int(words[words.index("high") + 1])

    def close(self, node):
        self._move(self._mount, node)
        until(lambda: not self._read("cgroup.procs"), "the group is empty")
        os.rmdir(self._group)
        run(["umount", self._mount], check=False)

    def _read(self, name):
        with open(f"{self._group}/{name}", encoding="ascii") as file:
            return file.read()

    def _write(self, name, value):
        with open(os.path.join(self._group, name), "w", encoding="ascii") as file:
            file.write(str(value))

    def _move(self, group, node):
        try:
            self._write(f"{group}/cgroup.procs", node.agent.pid)
        except ProcessLookupError:
            pass  # it ended meanwhile
