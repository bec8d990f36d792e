# SPDX-License-Identifier: Apache-2.0
"""Draws a dashboard as Grafana would lay it out, from what Prometheus answers."""

import textwrap

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot, ticker  # noqa: E402

from topology.metrics import PORT as METRICS_PORT  # noqa: E402

from .files import legend_labels, substitute  # noqa: E402

COLUMNS = 24
COLUMN_IN, ROW_IN = 0.7, 0.42
LEGEND_ROWS = 6
TABLE_ROWS = 9
DARK, LIGHT, GRID = "#181b1f", "#d8d9da", "#34373c"


def _formatter(unit):
    if unit == "percentunit":
        return ticker.PercentFormatter(1.0)
    if unit == "short":
        return ticker.FuncFormatter(lambda value, _: f"{value:g}")
    words = {"bps": "b/s", "Bps": "B/s", "pps": "p/s", "ops": "1/s", "reqps": "1/s", "s": "s",
             "bytes": "B"}
    word = words.get(unit, "")
    large = ticker.EngFormatter(unit=word)
    if unit == "s":
        return large
    # No thousandths of a packet.
    return ticker.FuncFormatter(
        lambda value, _: large(value) if value >= 1000 else f"{value:.3g} {word}")


def _name(legend, labels):
    text = legend
    for label in legend_labels(legend):
        text = text.replace("{{" + label + "}}", labels.get(label, ""))
    return _without_port(text)


def _without_port(text):
    """Of an instance's name; it is the same for all."""
    return text.replace(f":{METRICS_PORT}", "")


def _number(value, unit):
    return _formatter(unit)(float(value), None)


class Picture:
    """One dashboard between two times (seconds since the epoch)."""

    def __init__(self, prometheus, dashboard, start, end):
        self._prometheus, self._dashboard = prometheus, dashboard
        self._start, self._end = start, end
        variables = {row["name"]: row for row in dashboard["templating"]["list"]}
        several = variables.get("instance", {}).get("multi", True)
        self._instance = ".*" if several else prometheus.targets[0]
        self._rows = max(panel["gridPos"]["y"] + panel["gridPos"]["h"]
                         for panel in dashboard["panels"]) + 1

    def write(self, path):
        figure = pyplot.figure(figsize=(COLUMNS * COLUMN_IN, self._rows * ROW_IN), dpi=72,
                               facecolor="#111217")
        figure.text(0.005, 1 - 0.6 / self._rows, self._dashboard["title"], color=LIGHT,
                    fontsize=16, va="center")
        for panel in self._dashboard["panels"]:
            if panel["type"] == "row":
                y = 1 - (panel["gridPos"]["y"] + 1.6) / self._rows
                figure.text(0.005, y, panel["title"], color=LIGHT, fontsize=12, va="center")
            else:
                self._draw(self._axes(figure, panel), panel)
        figure.savefig(path, facecolor=figure.get_facecolor(), metadata={"Software": None})
        pyplot.close(figure)

    def _axes(self, figure, panel):
        grid = panel["gridPos"]
        flat = panel["type"] != "timeseries"
        left, below = (0.2, 0.2) if flat else (1.3, 1.0)
        axes = figure.add_axes([(grid["x"] + left) / COLUMNS,
                                1 - (grid["y"] + grid["h"] - below + 1) / self._rows,
                                (grid["w"] - left - 0.2) / COLUMNS,
                                (grid["h"] - below - 1.0) / self._rows], facecolor=DARK)
        axes.set_title(panel["title"], color=LIGHT, fontsize=9, loc="left")
        axes.tick_params(colors=LIGHT, labelsize=7)
        for spine in axes.spines.values():
            spine.set_color(GRID)
        if flat:
            axes.set_xticks([])
            axes.set_yticks([])
        return axes

    def _draw(self, axes, panel):
        if panel["type"] == "text":
            text = textwrap.fill(panel["options"]["content"].strip(), 52)
            axes.text(0.03, 0.9, text, color=LIGHT, fontsize=8, va="top")
            return
        unit = panel["fieldConfig"]["defaults"]["unit"]
        draw = {"timeseries": self._lines, "stat": self._stat, "table": self._table}
        draw[panel["type"]](axes, panel, unit)

    def _lines(self, axes, panel, unit):
        series = [(_name(target["legendFormat"], row["metric"]), row["values"])
                  for target in panel["targets"]
                  for row in self._prometheus.query_range(self._ask(target), self._start,
                                                          self._end)]
        series.sort(key=lambda one: -max(float(value) for _, value in one[1]))
        for index, (name, values) in enumerate(series):
            axes.plot([time - self._start for time, _ in values],
                      [float(value) for _, value in values], linewidth=1.2,
                      label=name if index < LEGEND_ROWS else "_")
        axes.set_xlim(0, self._end - self._start)
        axes.yaxis.set_major_formatter(_formatter(unit))
        limits = panel["fieldConfig"]["defaults"]
        axes.set_ylim(bottom=0, top=limits["max"] * 1.05 if "max" in limits else None)
        axes.grid(color=GRID, linewidth=0.5)
        if series:
            axes.legend(fontsize=6.5, loc="upper left", facecolor=DARK, edgecolor=GRID,
                        labelcolor=LIGHT, framealpha=0.7)

    def _instant(self, panel):
        return [(target["legendFormat"], row) for target in panel["targets"]
                for row in self._prometheus.query(self._ask(target))]

    def _ask(self, target):
        return substitute(target["expr"], self._instance)

    def _stat(self, axes, panel, unit):
        steps = panel["fieldConfig"]["defaults"].get("thresholds", {}).get("steps", [])
        for index, (legend, row) in enumerate(found := self._instant(panel)):
            value = float(row["value"][1])
            colors = [step["color"] for step in steps
                      if step["value"] is None or value >= step["value"]] or ["lightgreen"]
            color = {"green": "lightgreen", "red": "tomato"}.get(colors[-1], colors[-1])
            y = 1 - (index + 0.5) / len(found)
            axes.text(0.5, y, _number(value, unit) + " " + _name(legend, row["metric"]),
                      color=color, fontsize=16 if len(found) == 1 else 11, ha="center",
                      va="center")

    def _table(self, axes, panel, unit):
        rows = [("  ".join(value for key, value in sorted(row["metric"].items())
                           if key not in ("job", "__name__")), legend, row["value"][1])
                for legend, row in self._instant(panel)]
        for index, (labels, legend, value) in enumerate(rows[:TABLE_ROWS]):
            y = 0.95 - index / (TABLE_ROWS + 0.5)
            column = legend if "{{" not in legend else ""
            axes.text(0.02, y, _without_port(labels), color=LIGHT, fontsize=7, va="top")
            axes.text(0.98, y, f"{column} {_number(value, unit)}", color=LIGHT, fontsize=7,
                      va="top", ha="right")
