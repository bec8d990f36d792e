# SPDX-License-Identifier: Apache-2.0
"""The files against each other: names, alerts, their tests, pictures. No agent is needed."""

import re

import pytest
import yaml
from dashboards import files
from topology.shell import run

ALERTS = [rule["alert"] for rule in files.rules()]
EXPRESSIONS = {str(target): target.expr for target in files.targets()} | {
    rule["alert"]: rule["expr"] for rule in files.rules()}


@pytest.mark.parametrize("where", EXPRESSIONS)
def test_expression_uses_only_metrics_of_the_list(where):
    names = {name for name, _ in files.selectors(EXPRESSIONS[where])}
    assert names
    unknown = names - files.registry() - files.OF_PROMETHEUS
    assert not unknown, f"{where}: not in the list of metrics: {', '.join(sorted(unknown))}"


def test_every_metric_of_the_list_is_used_by_a_panel_or_a_rule():
    used = {name for expr in EXPRESSIONS.values() for name, _ in files.selectors(expr)}
    assert files.registry() - used == set()


@pytest.mark.parametrize("name", files.dashboards())
def test_dashboard_is_one_that_grafana_can_import(name):
    dashboard = files.dashboards()[name]
    assert dashboard["uid"] == f"coax-{name}" and dashboard["title"].startswith("Coax / ")
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))
    variables = {row["name"] for row in dashboard["templating"]["list"]}
    for panel in files.panels(dashboard):
        assert panel["title"] and panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
        if panel["type"] == "text":
            continue
        assert panel["datasource"]["uid"] == "${datasource}", panel["title"]
        assert panel["targets"] and panel["fieldConfig"]["defaults"]["unit"]
        for target in panel["targets"]:
            asked = set(re.findall(r"\$(?!__)(\w+)", target["expr"]))
            assert asked <= variables, f"{panel['title']}: {asked - variables}"


@pytest.mark.parametrize("rule", files.rules(), ids=ALERTS)
def test_alert_says_what_it_means_and_what_to_do(rule):
    assert re.fullmatch(r"Coax[A-Za-z]+", rule["alert"])
    assert rule["labels"]["severity"] in ("critical", "warning", "info")
    runbook = rule["annotations"]["runbook"]
    assert rule["annotations"]["summary"] and runbook.endswith(".")
    assert re.search(r"`coax \w+|`ip link`", runbook), "name a command to look with"


def test_every_alert_is_seen_to_fire_by_a_unit_test():
    tests = yaml.safe_load(files.RULE_TESTS.read_text(encoding="utf-8"))["tests"]
    fired = [sample["labels"] for test in tests for expr in test["promql_expr_test"]
             for sample in expr["exp_samples"]]
    assert sorted(re.findall(r'alertname="(\w+)"', " ".join(fired))) == sorted(ALERTS)


def test_promtool_accepts_the_rules():
    run(["promtool", "check", "rules", files.RULES])


def test_promtool_passes_the_unit_tests_of_the_rules():
    done = run(["promtool", "test", "rules", files.RULE_TESTS], check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_dashboard_has_its_picture_in_the_readme():
    readme = (files.FOLDER / "README.md").read_text(encoding="utf-8")
    for name in files.dashboards():
        picture = files.FOLDER / "img" / f"{name}.png"
        assert picture.read_bytes().startswith(b"\x89PNG"), name
        assert f"img/{name}.png" in readme
