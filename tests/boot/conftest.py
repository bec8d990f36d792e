# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the boot level: machines with a real systemd, on the topology of the netns level."""

import os
import shutil
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "harness"))

from boot.machine import Machine  # noqa: E402
from boot.package import make_package  # noqa: E402
from topology import binaries, session  # noqa: E402
from topology import topology as topologies  # noqa: E402
from topology.topology import Topology  # noqa: E402

machines = []  # that exist now, for what a failure shows


def pytest_configure(config):
    programs = [name for name in ("debootstrap", "systemd-nspawn", "lintian", "cpack")
                if not shutil.which(name)]
    session.prepare(config, "boot", binaries.missing_binaries() + programs)


def pytest_unconfigure():
    topologies.close_all()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.when != "teardown" and report.failed:
        for machine in machines:
            report.sections.append((machine.node.name, machine.report()))


@pytest.fixture(scope="session")
def package(tmp_path_factory):
    return make_package(tmp_path_factory.mktemp("package"))


@pytest.fixture
def topology(request):
    """Nodes alpha, that boots, and beta, whose agent runs without systemd; network red."""
    with Topology(request.node.nodeid) as made:
        made.network("red", 100, "10.1.0", "2001:db8:1:")
        made.port(made.node("alpha"), "red-h", "red", kind="host")
        made.port(made.node("beta"), "red-c", "red")
        made.connect()
        yield made
        findings = [str(finding) for finding in made.capture.findings()]
    assert not findings, "on the underlay: " + "; ".join(findings[:5])


@pytest.fixture
def bare(topology):
    """alpha's machine, switched off, with neither package nor configuration."""
    machine = Machine(topology.nodes["alpha"])
    machines.append(machine)
    yield machine
    machines.remove(machine)
    machine.close()


@pytest.fixture
def machine(bare, package):
    """The same with the package installed and configured."""
    bare.install(package)
    bare.configure()
    return bare
