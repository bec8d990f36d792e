# SPDX-License-Identifier: Apache-2.0
"""bench_fleet as a process: one command, one answer."""

import json
import subprocess

from topology.binaries import binary


class SimulatorDied(RuntimeError):
    """It ended although it should run: carries what it printed."""


class Simulator:
    """Its agents, in `namespace`; a context manager."""

    def __init__(self, namespace, controller, nodes, one_verifies_in, deadline_s):
        self._log = f"{controller.home}/simulator.log"
        with open(self._log, "wb") as log:
            self._process = namespace.popen(
                [binary("bench_fleet"), "follow", "--controller", controller.address,
                 "--tls-certificate", controller.certificate, "--ca", controller.ca,
                 "--nodes", nodes, "--one-verifies-in", one_verifies_in,
                 "--deadline", deadline_s],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
        self.verifying = self._answer()["verifying"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()

    def ask(self, *words):
        self._process.stdin.write(" ".join(str(word) for word in words) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self):
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            with open(self._log, encoding="utf-8", errors="replace") as log:
                raise SimulatorDied(f"bench_fleet ended:\n{log.read()[-2000:]}")
        return json.loads(line)


def cost_of_one_agent(peers):
    """What verifying every peer itself costs one agent."""
    done = subprocess.run([binary("bench_fleet"), "verify", "--nodes", str(peers)],
                          capture_output=True, text=True, check=True)
    return json.loads(done.stdout)
