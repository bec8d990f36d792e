# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of tools/bench: what it calls held, and what it does not."""

import sys
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPO / folder) for folder in ("tools", "tests/harness", "tests/bench")]

from agent.lanes import CHI_SQUARE_LIMIT, chi_square  # noqa: E402
from benchlib import budgets  # noqa: E402


def race_row(contender, tcp, udp_us, rtt_us):
    sample = {"tcp_mbit_s": tcp, "udp_us": udp_us, "rtt_us": rtt_us}
    return {"mtu": 1500, "family": "ipv4", "place": "container", "contender": contender,
            "samples": [sample]}


def held(result):
    return {verdict.what.rsplit(": ", 1)[-1]: verdict.held for verdict in budgets.verdicts(result)}


@pytest.mark.parametrize("tcp, holds", [(125, True), (124, False)])
def test_throughput_is_held_from_its_ratio_on(tcp, holds):
    rows = [race_row("coax", tcp, 10, 10), race_row("vxlan_bridge", 100, 10, 10)]
    assert held({"overlays": {"rows": rows}})["tcp against vxlan_bridge"] is holds


@pytest.mark.parametrize("udp_us, holds", [(7.4, True), (7.5, False)])
def test_time_per_datagram_counts_as_its_inverse(udp_us, holds):
    rows = [race_row("coax", 1, udp_us, 1), race_row("vxlan_bridge", 1, 10, 1)]
    assert held({"overlays": {"rows": rows}})["udp against vxlan_bridge"] is holds


def test_threaded_contender_has_the_budget_of_the_plain_one():
    rows = [race_row("coax", 100, 1, 1), race_row("routed_threaded", 101, 1, 1)]
    assert held({"overlays": {"rows": rows}}) == {"tcp against routed_threaded": False}


@pytest.mark.parametrize("contender, tcp, falls", [
    ("routed", 90, False), ("routed", 89, True), ("routed_threaded", 50, False),
    ("vxlan_bridge", 113, False), ("vxlan_bridge", 112, True), ("tinc", 1, False)])
def test_gate_falls_a_tenth_below_the_budget(contender, tcp, falls):
    rows = [race_row("coax", tcp, 1, 1), race_row(contender, 100, 1, 1)]
    assert bool(budgets.fallen({"overlays": {"rows": rows}})) is falls


def test_large_fdb_is_compared_with_the_small_one_of_as_many_nodes():
    def row(entries, nodes, ns):
        return {"program": "tc_port", "task": "encapsulate", "packet": "udp", "nodes": nodes,
                "fdb_entries": entries, "ns": ns}
    rows = [row(1_000, 1, 100), row(1_000_000, 1, 131), row(1_000, 100, 100),
            row(1_000_000, 100, 130)]
    growth = {verdict.what: verdict.held for verdict in
              budgets.verdicts({"programs": {"rows": rows}}) if "1 M against" in verdict.what}
    assert growth == {"tc_port udp, 1 nodes: FDB of 1 M against 1 k": False,
                      "tc_port udp, 100 nodes: FDB of 1 M against 1 k": True}


@pytest.mark.parametrize("observed, even", [([1028, 1032, 1039, 997], True),
                                            ([1224, 924, 1024, 924], False)])
def test_uneven_spread_exceeds_the_limit(observed, even):
    assert (chi_square(observed) <= CHI_SQUARE_LIMIT) is even


def fleet_row(full_view_s, p99_ms, nodes=1000, complete=True):
    return {"nodes": nodes, "store": "sqlite",
            "join": {"complete": complete, "full_view_s": {"count": nodes, "max": full_view_s}},
            "churn": {"complete": complete, "reached_all_ms": {"count": 9, "p99": p99_ms}}}


@pytest.mark.parametrize("row, held_ones", [
    (fleet_row(5, 200), [True, True]), (fleet_row(5.1, 201), [False, False]),
    (fleet_row(1, 1, complete=False), [False, False]), (fleet_row(9, 999, nodes=5000), [])])
def test_fleet_is_judged_at_a_thousand_agents_and_only_when_complete(row, held_ones):
    found = budgets.verdicts({"fleet": {"rows": [row]}})
    assert [verdict.held for verdict in found] == held_ones
