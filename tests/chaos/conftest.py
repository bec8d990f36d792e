# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the chaos level: one set of nodes for all faults, made anew after a failed one."""

import os
import random
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "harness"))

from chaos.world import World  # noqa: E402
from topology import topology as topologies  # noqa: E402
from topology.session import prepare  # noqa: E402

# The same unless told: CI tries what was tried before. "random" looks for more.
_CHOSEN = os.environ.get("COAX_CHAOS_SEED", "1")
SEED = random.SystemRandom().randrange(1 << 32) if _CHOSEN == "random" else int(_CHOSEN)
SLOWEST = 15
_worlds = []
_converged_s = {}


def pytest_configure(config):
    prepare(config, "chaos", ("prlimit", "bpftool"))


def pytest_report_header():
    return f"chaos: COAX_CHAOS_SEED={SEED}"


def pytest_collection_modifyitems(items):
    """In an order of the seed's; what takes the rest of the time is last."""
    random.Random(SEED).shuffle(items)
    items.sort(key=lambda item: "each" not in item.name)


def pytest_unconfigure():
    close_world()
    topologies.close_all()


def close_world():
    while _worlds:
        made = _worlds.pop()
        _converged_s.update(made.converged_s)
        made.close()


def pytest_terminal_summary(terminalreporter):
    close_world()
    rows = sorted(_converged_s.items(), key=lambda row: row[1], reverse=True)
    terminalreporter.write_line(f"{len(rows)} times all was well again; those that took longest:")
    for what, seconds in rows[:SLOWEST]:
        terminalreporter.write_line(f"{seconds:6.1f} s  {what}")


@pytest.fixture
def rng(request):
    """The same for a test whatever ran before it."""
    return random.Random(f"{SEED} {request.node.name}")


@pytest.fixture
def world(request):
    """Healthy at the start; nothing may have leaked and nobody crashed at the end."""
    if not _worlds:
        _worlds.append(World("chaos"))
    made = _worlds[0]
    yield made
    leaks = made.leaks()
    if request.node.failed_call:
        close_world()
    assert not leaks, "on the underlay: " + "; ".join(leaks[:5])


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if call.when == "call":
        item.failed_call = report.failed
    if call.when != "teardown" and report.failed:
        report.sections.append(("seed", f"COAX_CHAOS_SEED={SEED}"))
        for made in _worlds:
            for node in made.nodes:
                report.sections.append((f"coaxd {node.name}", node.log()[-3000:]))
