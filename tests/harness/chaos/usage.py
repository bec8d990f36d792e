# SPDX-License-Identifier: Apache-2.0
"""What an agent holds of the machine: memory and descriptors."""

import os
from dataclasses import dataclass

# Arenas of malloc and of gRPC's threads come and go by this much; a leak of one reply per second
# passes it within the half hour that the soak is made for.
SLACK_KIB = 4096
SLACK_DESCRIPTORS = 8


@dataclass(frozen=True)
class Usage:
    """pid of the agent, anonymous resident memory in KiB, open descriptors."""
    pid: int
    anonymous_kib: int
    descriptors: int

    @classmethod
    def of(cls, node):
        pid = node.agent.pid
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            line = next(line for line in file if line.startswith("RssAnon:"))
        return cls(pid, int(line.split()[1]), len(os.listdir(f"/proc/{pid}/fd")))

    def is_flat(self, before):
        """The same process, and no more than slack above what it had."""
        return (self.pid == before.pid
                and self.anonymous_kib <= before.anonymous_kib + SLACK_KIB
                and self.descriptors <= before.descriptors + SLACK_DESCRIPTORS)
