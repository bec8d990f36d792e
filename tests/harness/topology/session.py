# SPDX-License-Identifier: Apache-2.0
"""What every pytest level that makes nodes does before its first test."""

import os
import shutil
import signal

import pytest

from . import binaries
from . import topology as topologies
from .shell import run


def _stop(_signal, _frame):
    raise KeyboardInterrupt("SIGTERM")


def prepare(config, level, programs=()):
    """Refuses to run without root, the built binaries and `programs`; cleans up also on SIGTERM;
    sweeps what killed runs left; mounts bpffs before the first agent, so that agents in private
    mount namespaces share it."""
    if os.geteuid() != 0:
        raise pytest.UsageError(f"the {level} level needs root (namespaces, BPF)")
    missing = binaries.missing_binaries() + [name for name in programs if not shutil.which(name)]
    if missing and not os.environ.get("COAX_TEST_WITHOUT_AGENT"):
        raise pytest.UsageError(f"missing: {', '.join(missing)}; build, or set COAX_BUILD; "
                                "run tools/setup")
    signal.signal(signal.SIGTERM, _stop)
    if hasattr(config, "workerinput"):
        return
    topologies.sweep_stale()
    if not os.path.ismount("/sys/fs/bpf"):
        run(["mount", "-t", "bpf", "bpf", "/sys/fs/bpf"])
