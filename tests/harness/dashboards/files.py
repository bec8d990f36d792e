# SPDX-License-Identifier: Apache-2.0
"""What the files of dashboards/ ask Prometheus for."""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

import yaml

REPO = Path(os.path.abspath(__file__)).parents[3]
FOLDER = REPO / "dashboards"
RULES = FOLDER / "alerts.yml"
RULE_TESTS = FOLDER / "alerts_test.yml"
REFERENCES = [REPO / "userspace" / path / "metrics/REFERENCE.md" for path in ("lib", "controller")]
# Series that Prometheus makes itself for each target.
OF_PROMETHEUS = {"up", "scrape_samples_scraped"}

_NAME = r"(?:coax|process|scrape)_[a-z_]+|\bup\b"
_SELECTOR = re.compile(rf"({_NAME})\s*(\{{[^}}]*\}})?")


@dataclass(frozen=True)
class Target:
    """One expression of one panel."""

    dashboard: str
    panel: str
    expr: str
    legend: str

    def __str__(self):
        return f"{self.dashboard}: {self.panel}: {self.expr}"


def dashboards():
    """{file name without .json: document}"""
    return {path.stem: json.loads(path.read_text(encoding="utf-8"))
            for path in sorted(FOLDER.glob("*.json"))}


def panels(dashboard):
    """The panels that show something."""
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def targets():
    return [Target(name, panel["title"], target["expr"], target["legendFormat"])
            for name, dashboard in dashboards().items() for panel in panels(dashboard)
            for target in panel.get("targets", [])]


def rules():
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def substitute(expr, instance=".*"):
    """What Grafana puts in for its variables."""
    return (expr.replace("$__rate_interval", "15s").replace("$__range", "1m")
            .replace("$instance", instance))


def selectors(expr):
    """Every series selector of an expression: [(name, "{labels}" or "")]."""
    return [(name, labels or "") for name, labels in _SELECTOR.findall(expr)]


def expanded(labels):
    """Each word of {reason=~"a|b"} on its own, so that a misspelt one is found; patterns stay."""
    match = re.search(r'=~"([a-z0-9_]+(?:\|[a-z0-9_]+)+)"', labels)
    if not match:
        return [labels]
    return [part for word in match.group(1).split("|")
            for part in expanded(labels.replace(match.group(0), f'="{word}"'))]


def registry():
    """Names in the lists of metrics, from the pages that are made of them."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in REFERENCES)
    return set(re.findall(r"^\| `([a-z_]+)` \|", text, re.M))


def legend_labels(legend):
    """Labels that the legend of a panel shows."""
    return re.findall(r"\{\{(\w+)\}\}", legend)
