# SPDX-License-Identifier: Apache-2.0
"""What a pytest level that builds topologies does before its first test."""

import os
import signal

import pytest

from .shell import run
from .topology import sweep_stale


def prepare(config, level, missing):
    """Call it from pytest_configure. `missing`: programs that the level needs and did not find."""
    if os.geteuid() != 0:
        raise pytest.UsageError(f"the {level} level needs root (namespaces, BPF)")
    if missing:
        raise pytest.UsageError(f"missing: {', '.join(missing)}; run tools/setup, then build or "
                                "set COAX_BUILD")
    signal.signal(signal.SIGTERM, _stop)  # an exception: fixtures clean up
    if not hasattr(config, "workerinput"):
        sweep_stale()
        _mount_bpffs()


def _stop(_signal, _frame):
    raise KeyboardInterrupt("SIGTERM")


def _mount_bpffs():
    """Before the first agent, so that agents in private mount namespaces share it."""
    if not os.path.ismount("/sys/fs/bpf"):
        run(["mount", "-t", "bpf", "bpf", "/sys/fs/bpf"])
