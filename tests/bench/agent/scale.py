# SPDX-License-Identifier: Apache-2.0
"""What many configured peers cost: memory of agent and maps, time to program, time of a pass that
finds nothing to do. None of the peers exists but for its entry in the file."""

import base64
import json
import os
import time

from topology.node import AgentDied
from topology.shell import DeadlineError, run, until
from topology.topology import Topology

PEERS = (100, 1_000, 10_000)
RECONCILE_PERIOD_MS = 200
WATCH_S = 5.0  # how long passes are watched
_TICKS = os.sysconf("SC_CLK_TCK")


def measure(peers=PEERS):
    return [_row(count) for count in (0, *peers)]


def _row(count):
    """A number of peers that this machine does not manage is a finding, not the end."""
    try:
        return _measure(count)
    except (AgentDied, DeadlineError) as error:
        return {"peers": count, "failed": str(error).strip().splitlines()[-1]}


def _measure(count):
    with Topology(f"scale-{count}") as topology:
        topology.network("red", 100, "10.1.0", "2001:db8:1:")
        node = topology.node("alpha")
        topology.port(node, "c", "red")
        topology.connect()
        node.config["agent"].update(log_level="info", reconcile_period_ms=RECONCILE_PERIOD_MS)
        node.config["overlay"].update(member_entries=max(4096, 2 * count))
        node.config["peer"] = [_peer(number) for number in range(count)]
        began = time.monotonic()
        node.start()
        ready_s = time.monotonic() - began
        return {"peers": count, "ready_s": round(ready_s, 3),
                "no_op_pass_ms": round(_no_op_pass_ms(node.agent.pid), 2),
                "agent_rss_kib": _rss_kib(node.agent.pid), "maps_kib": _maps_kib(node)}


def _peer(number):
    """Underlay address from 198.18.0.0/15 (benchmarks, RFC 2544)."""
    return {"id": number + 100, "name": f"peer{number}",
            "endpoint": f"198.18.{number // 250}.{number % 250 + 1}:51820",
            "keys": [base64.b64encode(os.urandom(32)).decode()]}


def _no_op_pass_ms(pid):
    """From processor time: in T seconds the agent makes T / (period + pass) passes, and does
    nothing else. Without the share of a wireguard-go, which is a process of its own."""
    begin, used = time.monotonic(), _processor_s(pid)
    until(lambda: time.monotonic() - begin > WATCH_S, "the passes have been watched")
    elapsed, used = time.monotonic() - begin, _processor_s(pid) - used
    return 1000 * used * (RECONCILE_PERIOD_MS / 1000) / (elapsed - used)


def _processor_s(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _rss_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        line = next(line for line in file if line.startswith("VmRSS:"))
    return int(line.split()[1])


def _maps_kib(node):
    """As the kernel accounts the pinned maps."""
    total = 0
    for name in sorted(os.listdir(node.pins)):
        done = run(["bpftool", "--json", "map", "show", "pinned", f"{node.pins}/{name}"],
                   check=False)
        if done.returncode == 0:
            total += json.loads(done.stdout).get("bytes_memlock", 0)
    return total // 1024
