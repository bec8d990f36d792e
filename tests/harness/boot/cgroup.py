# SPDX-License-Identifier: Apache-2.0
"""A control group for one machine: its systemd makes groups below it, and nowhere else."""

import os

from topology.shell import run, until

ROOT = "/sys/fs/cgroup"


class Cgroup:
    """Made by the constructor; `enter` runs in the child that becomes the machine."""

    def __init__(self, name):
        # The level's own /sys has none mounted.
        if not os.path.exists(f"{ROOT}/cgroup.procs"):
            run(["mount", "-t", "cgroup2", "cgroup2", ROOT])
        self.path = f"{ROOT}/{name}"
        os.mkdir(self.path)

    def enter(self):
        with open(f"{self.path}/cgroup.procs", "w", encoding="ascii") as procs:
            procs.write("0")

    def close(self):
        """Kills whatever is left in it, and removes it with all groups below."""
        with open(f"{self.path}/cgroup.kill", "w", encoding="ascii") as kill:
            kill.write("1")
        until(self._is_empty, f"{self.path} is empty")
        for folder, _, _ in os.walk(self.path, topdown=False):
            os.rmdir(folder)

    def _is_empty(self):
        with open(f"{self.path}/cgroup.events", encoding="ascii") as events:
            return "populated 0" in events.read()
