# SPDX-License-Identifier: Apache-2.0
"""Every expression of every panel and rule against a Prometheus that scrapes live agents."""

import pytest
from dashboards import files
from dashboards.prometheus import QueryError
from topology.shell import until

TARGETS = files.targets()
RULES = files.rules()


def rows_of(prometheus, expr):
    """A series is there within a few scrapes of a second; so is every rate."""
    return until(lambda: prometheus.query(expr), f"{expr} has an answer")


def assert_series_exist(prometheus, expr):
    """Each selector on its own: an expression may be right and empty for want of one of them."""
    for name, labels in files.selectors(expr):
        for part in files.expanded(labels):
            rows_of(prometheus, name + part)


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_panel_has_an_answer(prometheus, target):
    def all_are_numbers():
        rows = prometheus.query(target.expr)
        # A ratio of rates is none until both have moved.
        return not any(row["value"][1] in ("NaN", "+Inf", "-Inf") for row in rows) and rows

    for row in until(all_are_numbers, f"{target.expr} has an answer in numbers"):
        for label in files.legend_labels(target.legend):
            assert label in row["metric"], f"{target.legend}: no label {label}"
    assert_series_exist(prometheus, target.expr)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_rule_asks_for_series_that_exist(prometheus, rule):
    """The alert itself has no answer when all is well."""
    assert files.selectors(rule["expr"])
    assert_series_exist(prometheus, rule["expr"])
    prometheus.query(rule["expr"])


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_rule_is_evaluated_without_an_error(prometheus, rule):
    def evaluated():
        found = next(row for row in prometheus.rules() if row["name"] == rule["alert"])
        return found["health"] != "unknown" and found
    found = until(evaluated, f"{rule['alert']} is evaluated")
    assert found["health"] == "ok", found.get("lastError")


def test_alert_on_clear_text_is_raised_by_the_injection(prometheus):
    expr = 'ALERTS{alertname="CoaxClearText"}'
    rows = rows_of(prometheus, expr)
    assert [row["metric"]["direction"] for row in rows] == ["in"]


def test_figures_of_the_scene_are_seen(prometheus):
    """The answers are those of the traffic, not just not empty."""
    def moving(expr, least):
        rows = prometheus.query(expr)
        return rows and float(rows[0]["value"][1]) >= least
    until(lambda: moving("sum(rate(coax_lane_transmit_bytes_total[15s])) * 8", 5e6), "bulk streams")
    until(lambda: moving('sum(coax_mesh_peers{state="up"})', 6), "a full mesh of three")
    until(lambda: moving('sum(coax_datapath_drop_packets_total{reason="spoofed_ip"})', 20), "lies")
    until(lambda: moving('sum(coax_datapath_drop_packets_total{reason="wg_shape"})', 10), "noise")


@pytest.mark.parametrize("expr", ["rate(coax_peer_up", "sum by (x"], ids=str)
def test_wrong_expression_is_an_error_here(prometheus, expr):
    with pytest.raises(QueryError):
        prometheus.query(expr)


def test_series_that_does_not_exist_is_no_answer_here(prometheus):
    assert prometheus.query("coax_peer_upp") == []
