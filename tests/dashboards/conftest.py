# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the dashboards level: one scene for all tests that ask a live Prometheus."""

import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "harness"))

from dashboards.scene import Scene  # noqa: E402
from topology import topology as topologies  # noqa: E402
from topology.session import prepare  # noqa: E402

TRAFFIC_S = 600  # longer than the tests; it ends with the scene


def pytest_configure(config):
    prepare(config, "dashboards", ("prometheus", "promtool"))


def pytest_unconfigure():
    topologies.close_all()


@pytest.fixture(scope="session")
def scene():
    with Scene("dashboards") as made:
        made.start_traffic(TRAFFIC_S)
        made.misbehave()
        yield made
        findings = [str(finding) for topology in (made.topology, made.cluster)
                    for finding in topology.capture.findings()]
        made.topology.capture.forget()
        assert not findings, "on the underlay: " + "; ".join(findings[:5])


@pytest.fixture
def prometheus(scene):
    return scene.prometheus
