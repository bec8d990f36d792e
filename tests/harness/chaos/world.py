# SPDX-License-Identifier: Apache-2.0
"""Three nodes under traffic, supervised as systemd would, and the question: is all well again?"""

import os
import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from topology.shell import run, until
from topology.topology import Topology
from topology.traffic import SteadyPing, ping

from .picture import differences, picture

# Upper bound that a hang runs into; healthy runs converge in a few seconds (they are printed).
CONVERGES_S = float(os.environ.get("COAX_TEST_DEADLINE_S", "120"))
FDB_ENTRIES = 1024
FDB_AGE_S = 4
SMALL_DISK = "256k"
MOVED_PORT = 51999  # a listen port set by hand: still ciphertext
_FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"


class AgentCrashed(RuntimeError):
    """coaxd was ended by a signal that we did not send: carries its log."""


class World:
    """Use as a context manager."""

    def __init__(self, label):
        self.topology = Topology(label)
        self.alone = True
        self._mounts, self._pings, self._sent, self.converged_s = [], [], {}, {}
        self.clock_path = f"{self.topology.directory}/clock"
        self.set_clock(0)
        try:
            self._build()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def nodes(self):
        return list(self.topology.nodes.values())

    def _build(self):
        topology = self.topology
        topology.network("red", 100, "10.1.0", "2001:db8:1:")
        topology.network("blue", 200, "10.2.0", "2001:db8:2:")
        for name in ("alpha", "beta", "gamma"):
            node = topology.node(name)
            node.config["overlay"] |= {"fdb_entries": FDB_ENTRIES, "fdb_age_s": FDB_AGE_S}
            node.environment = {"LD_PRELOAD": _FAKETIME, "DONT_FAKE_MONOTONIC": "1",
                                "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_RESET": "1",
                                "FAKETIME_TIMESTAMP_FILE": self.clock_path}
            self._small_disks(node)
            topology.port(node, "red-c", "red", guard_ips=True)
            topology.port(node, "blue-c", "blue", guard_ips=True)
            topology.port(node, "red-h", "red", kind="host")
        topology.capture.allow_udp_ports([MOVED_PORT])
        topology.start().settle()
        self._keep_pinging()
        self.desired = {}
        for node in self.nodes:
            until(lambda n=node: n.coax("status")["last_reconcile_changes"] == 0, "quiet")
            self.desired[node.name] = picture(node)
        self.settle("the start")

    def _small_disks(self, node):
        keys = f"{node.directory}/keys"
        shutil.copytree(f"{node.state_dir}/keys", keys)
        for path in (node.state_dir, node.run_dir):
            os.makedirs(path, exist_ok=True)
            run(["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "tmpfs", path])
            self._mounts.append(path)
        shutil.copytree(keys, f"{node.state_dir}/keys")

    # Acts.

    def expect(self, node, number):
        """An end of this agent by this signal is no crash."""
        self._sent.setdefault(node.agent.pid, set()).add(number)

    def signal(self, node, number):
        if node.agent.poll() is None:
            self.expect(node, number)
            node.agent.send_signal(number)

    def kill(self, node):
        self.signal(node, signal.SIGKILL)
        node.agent.wait()
        self._check_end(node)

    def supervise(self):
        """What ended is started again, as systemd would; what crashed is an error."""
        for node in self.nodes:
            if node.agent.poll() is not None:
                self._check_end(node)
                node.start(wait=False)

    def _check_end(self, node):
        code = node.agent.returncode
        if code < 0 and -code not in self._sent.get(node.agent.pid, ()):
            raise AgentCrashed(f"coaxd of {node.name}: {signal.Signals(-code).name}\n"
                               + node.log()[-4000:])

    def set_clock(self, offset_s):
        """Moves the wall clock of the agents, and nobody else's."""
        with open(self.clock_path + ".new", "w", encoding="ascii") as file:
            file.write(f"{offset_s:+d}\n")
        os.rename(self.clock_path + ".new", self.clock_path)

    def wireguard_pids(self, node):
        """wireguard-go of the node; none where the kernel serves."""
        return [pid for pid in node.namespace.pids() if _comm(pid) == "wireguard-go"]

    def let_traffic_pass(self, frames=400):
        """Until the wires have carried this many more frames: a fault's stretch of time."""
        before = self.topology.capture.frames()
        until(lambda: self.topology.capture.frames() > before + frames, "traffic passes",
              CONVERGES_S)

    # Questions.

    def settle(self, what):
        """Until every node is as desired and all reach all; notes the seconds it took."""
        began = time.monotonic()
        until(self._all_well, f"all is well again after {what}", CONVERGES_S)
        self.converged_s[what] = time.monotonic() - began

    def leaks(self):
        findings = [str(finding) for finding in self.topology.capture.findings()]
        self.topology.capture.forget()
        return findings

    def _all_well(self):
        self.supervise()
        for node in self.nodes:
            wrong = differences(picture(node), self.desired[node.name])
            assert not wrong, f"{node.name}: " + "; ".join(wrong[:5])
        pairs = [pair for network in self.topology.networks
                 for pair in self.topology.pairs(network)]
        with ThreadPoolExecutor(8) as pool:
            results = pool.map(lambda pair: ping(pair[0].namespace, pair[1].ipv4, wait_s=1), pairs)
            silent = [f"{a} > {b}" for (a, b), result in zip(pairs, results) if result.lost]
        assert not silent, silent
        self._keep_pinging()
        return True

    def _keep_pinging(self):
        """Pings with the marker, all the time, both families; those that gave up begin anew."""
        if not self._pings:
            a, b, c = (node.attachment("red-c") for node in self.nodes)
            ways = (a, b), (b, a), (b, c), (c, b), (c, a), (a, c)
            self._pings = [[source, target, None] for source, target in ways]
        for row in self._pings:
            source, target, running = row
            if running is None or not running.running():
                address = target.ipv4 if source.node.node_id < target.node.node_id else target.ipv6
                row[2] = SteadyPing(source.namespace, address, interval_s=0.02)

    def close(self):
        for *_, running in self._pings:
            if running is not None:
                running.stop()
        self.topology.close()
        for path in self._mounts:
            subprocess.run(["umount", "-l", path], check=False, stderr=subprocess.DEVNULL)


def _comm(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="ascii") as file:
            return file.read().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""
