# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the netns level. The clear-text capture runs in every test, unasked."""

import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "harness"))

from topology import topology as topologies  # noqa: E402
from topology.session import prepare  # noqa: E402
from topology.topology import Topology  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "kernels: depends on the kernel; the vm level runs it on "
                            "each of its kernels")
    config.addinivalue_line("markers", "kernel_wireguard: depends on WireGuard being the kernel's; "
                            "the vm level runs it on one of its kernels")
    prepare(config, "netns")


def pytest_collection_modifyitems(config, items):
    """In a guest only what depends on it: everything takes 30 times as long there. The modules of
    `kernel_wireguard` are dealt out to the guests; COAX_VM_SHARE is "this one/all of them"."""
    if "COAX_VM_KERNEL" not in os.environ:
        return
    mine, guests = map(int, os.environ.get("COAX_VM_SHARE", "0/1").split("/"))
    modules = sorted({item.path for item in items if item.get_closest_marker("kernel_wireguard")})
    kept = [item for item in items if item.get_closest_marker("kernels")
            or item.get_closest_marker("kernel_wireguard")
            and modules.index(item.path) % guests == mine]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def pytest_unconfigure():
    topologies.close_all()


@pytest.fixture
def controller(cluster):
    """That of the module's `cluster`."""
    return cluster.controllers["controller"]


@pytest.fixture(autouse=True)
def underlay_holds_only_wireguard(request):
    """After each test: whatever topology it used, nothing but WireGuard left a node."""
    yield
    findings = topologies.take_findings()  # a topology of the test alone is closed by now
    assert not findings, "on the underlay: " + "; ".join(findings[:5])


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure shows the agents' last words."""
    outcome = yield
    report = outcome.get_result()
    if report.when != "teardown" and report.failed:
        for topology in list(topologies.live):
            for node in topology.nodes.values():
                if os.path.exists(node.log_path):
                    report.sections.append((f"coaxd {node.name}", node.log()[-3000:]))


@pytest.fixture
def empty(request):
    """A topology with a switch and no nodes yet; gone after the test."""
    with Topology(request.node.nodeid) as topology:
        yield topology


def build_trio(label, *, mtu=1500, **node_options):
    """Three nodes; networks red and blue with the same subnets; a container of each network on
    each node, and a host port in red."""
    topology = Topology(label, mtu=mtu)
    try:
        topology.network("red", 100, "10.1.0", "2001:db8:1:")
        topology.network("blue", 200, "10.1.0", "2001:db8:1:")
        for name in ("alpha", "beta", "gamma"):
            node = topology.node(name, **node_options)
            topology.port(node, "red-c", "red")
            topology.port(node, "red-h", "red", kind="host")
            topology.port(node, "blue-c", "blue")
        return topology.start().settle()
    except BaseException:
        topology.close()
        raise


@pytest.fixture(scope="session")
def trio(request):
    """Shared by the tests of all modules, which must leave it as they found it."""
    topology = build_trio(request.node.nodeid)
    yield topology
    topology.close()


def build_pair(label, *, mtu=1500, start=True, network=None, port=None, alpha=None,
               beta=None):
    """Two nodes with one container each on network red; `alpha`, `beta`: options of node(),
    `port`: of port()."""
    topology = Topology(label, mtu=mtu)
    try:
        topology.network("red", 100, "10.1.0", "2001:db8:1:", **(network or {}))
        topology.port(topology.node("alpha", **(alpha or {})), "red-c", "red", **(port or {}))
        topology.port(topology.node("beta", **(beta or {})), "red-c", "red", **(port or {}))
        if start:
            topology.start().settle()
        else:
            topology.connect()
        return topology
    except BaseException:
        topology.close()
        raise


@pytest.fixture
def make_pair(request):
    """Builds a pair for this test alone."""
    made = []

    def make(**options):
        made.append(build_pair(request.node.nodeid, **options))
        return made[-1]

    yield make
    for topology in made:
        topology.close()


@pytest.fixture
def pair(make_pair):
    return make_pair()
