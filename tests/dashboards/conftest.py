# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the dashboards level: one scene for all tests that ask a live Prometheus."""

import os
import shutil
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "harness"))

from dashboards.scene import Scene  # noqa: E402
from topology import binaries  # noqa: E402
from topology import topology as topologies  # noqa: E402
from topology.shell import run  # noqa: E402

TRAFFIC_S = 600  # longer than the tests; it ends with the scene


def pytest_configure(config):
    if os.geteuid() != 0:
        raise pytest.UsageError("the dashboards level needs root (namespaces, BPF)")
    missing = binaries.missing_binaries() + [
        name for name in ("prometheus", "promtool") if not shutil.which(name)]
    if missing:
        raise pytest.UsageError(f"missing: {', '.join(missing)}; build, run tools/setup")
    if not hasattr(config, "workerinput"):
        topologies.sweep_stale()
        if not os.path.ismount("/sys/fs/bpf"):
            run(["mount", "-t", "bpf", "bpf", "/sys/fs/bpf"])


def pytest_unconfigure():
    topologies.close_all()


@pytest.fixture(scope="session")
def scene():
    with Scene("dashboards") as made:
        made.start_traffic(TRAFFIC_S)
        made.misbehave()
        yield made
        findings = [str(finding) for finding in made.topology.capture.findings()]
        made.topology.capture.forget()
        assert not findings, "on the underlay: " + "; ".join(findings[:5])


@pytest.fixture
def prometheus(scene):
    return scene.prometheus
