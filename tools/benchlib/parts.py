# SPDX-License-Identifier: Apache-2.0
"""What tools/bench runs. Each part returns a dict for the JSON file."""

import json
import os
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from overlay import race
from overlay.pair import FAMILIES, PLACES, WIREGUARD_MTU
from topology.binaries import binary

ROOT = Path(__file__).resolve().parents[2]
PYTHON = "/usr/bin/python3"
ISOLATED = ("unshare", "--mount", "--pid", "--net", "--fork", "--kill-child", "--mount-proc",
            str(ROOT / "tools/lib/testrun/isolated"))
QUICK_PEERS = ("100", "1000")
QUICK_FLEET = ("--nodes", "100", "1000", "--stores", "sqlite", "--churn", "10", "--deadline", "60")


@dataclass(frozen=True)
class Options:
    quick: bool
    kernel: str


class PartError(RuntimeError):
    """A part failed: carries what it printed."""


def programs(options):
    """BPF_PROG_TEST_RUN on this machine's kernel."""
    return _json_of([binary("bench_programs"), *(["--quick"] if options.quick else [])])


def agent(options):
    """Lanes and many peers, on this machine's kernel."""
    peers = ["--peers", *QUICK_PEERS] if options.quick else []
    return _json_of([*ISOLATED, str(ROOT / "tests/bench/agent_figures"), *peers])


def fleet(options):
    """Simulated agents against a real controller."""
    return _json_of([*ISOLATED, str(ROOT / "tests/bench/fleet_figures"),
                     *(QUICK_FLEET if options.quick else [])])


def overlays(options):
    """The race in the instruction-counted VM: one guest per underlay MTU, at the same time: what
    else the machine does changes no figure."""
    result = {"rows": [], "coax_drops": {}, "profile": {}}
    mtus = (1500,) if options.quick else sorted(WIREGUARD_MTU)
    with ThreadPoolExecutor(len(mtus)) as pool:
        races = list(pool.map(lambda mtu: _race(options, mtu), mtus))
    for mtu, part in zip(mtus, races):
        result["kernel"] = part["kernel"]
        result["rows"] += part["rows"]
        result["coax_drops"][str(mtu)] = part["coax_drops"]
        result["profile"][str(mtu)] = part["profile"]
    return result


PARTS = {"programs": programs, "agent": agent, "fleet": fleet, "overlays": overlays}


def _race(options, mtu):
    folder = Path(tempfile.mkdtemp(prefix="coax-bench-"))
    try:
        race.prepare(str(folder))
        chosen = [] if options.quick else [
            "--full", "--contenders", *race.CONTENDERS, "--families", *FAMILIES,
            "--places", *PLACES]
        _run([str(ROOT / "tests/vm/run"), "--icount", "--timeout", "10800", "--out", str(folder),
              options.kernel, "env", f"COAX_BUILD={os.environ['COAX_BUILD']}",
              "COAX_TEST_DEADLINE_S=3000",  # guest time runs ahead while the guest waits
              PYTHON, "-B", str(ROOT / "tests/bench/overlay_race"), "--prepared", "/coax-vm/out",
              "--result", "/coax-vm/out/result.json", "--mtu", str(mtu), "--profile", *chosen])
        return json.loads((folder / "result.json").read_text(encoding="utf-8"))
    finally:
        shutil.rmtree(folder)


def _json_of(command):
    return json.loads(_run(command))


def _run(command):
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        raise PartError(f"`{' '.join(command)}` exited with {done.returncode}:\n"
                        + (done.stdout + done.stderr)[-4000:])
    return done.stdout
