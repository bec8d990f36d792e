# SPDX-License-Identifier: Apache-2.0
"""Figures beside their budgets (design section 8). A figure that was not measured has no line."""

import statistics
from dataclasses import dataclass, replace

# Task of a program -> nanoseconds a packet may cost.
PROGRAM_NS = {"encapsulate": 150, "decapsulate": 150, "guard": 500}
FDB_GROWTH = 1.3
PEER_KIB = 4
IDLE_RSS_MIB = 40
FLEET_NODES = 1_000  # of which the budgets speak
FLEET_JOIN_S = 5
FLEET_CHANGE_MS = 200

# (contender, figure) -> what Coax must reach. TCP and UDP as throughput over the other's, round
# trip as time over the other's.
RATIOS = {
    ("routed", "tcp"): (">=", 1.0),
    ("vxlan_bridge", "tcp"): (">=", 1.25),
    ("vxlan_bridge", "udp"): (">=", 1.35),
    ("vxlan_bridge", "round trip"): ("<=", 0.85),
    ("collect_md", "tcp"): (">=", 1.15),
    ("collect_md", "udp"): (">=", 1.2),
    **{(name, "tcp"): (">=", 3.0) for name in ("tinc", "n2n", "fastd", "nebula")},
}
# What may fail a run: contenders as their kernel has them, TCP, in the instruction-counted VM; a
# tenth is three times what rounds differ by.
GATED = ("routed", "vxlan_bridge", "collect_md")
GATE_MARGIN = 0.9
_FIELDS = {"tcp": ("tcp_mbit_s", False), "udp": ("udp_us", True),
           "round trip": ("rtt_us", False)}


@dataclass(frozen=True)
class Verdict:
    """`found` beside `limit`, in `unit`."""
    what: str
    found: float
    sign: str
    limit: float
    unit: str = ""

    @property
    def held(self):
        return self.found >= self.limit if self.sign == ">=" else self.found <= self.limit


def medians(row):
    """Figure -> median over the rounds of one contender in one cell."""
    return {name: statistics.median(sample[name] for sample in row["samples"])
            for name in row["samples"][0]}


def verdicts(result):
    """All that `result` has figures for."""
    return (_overlay_verdicts(result.get("overlays", {"rows": []}))
            + _program_verdicts(result.get("programs", {"rows": []}))
            + _agent_verdicts(result.get("agent", {}))
            + _fleet_verdicts(result.get("fleet", {"rows": []})))


def fallen(result):
    """The gated ratios that are not there any more."""
    gated = [f"tcp against {name}" for name in GATED]
    return [lower for verdict in _overlay_verdicts(result.get("overlays", {"rows": []}))
            if any(verdict.what.endswith(": " + what) for what in gated)
            and not (lower := replace(verdict, limit=verdict.limit * GATE_MARGIN)).held]


def _overlay_verdicts(overlays):
    cells = {}
    for row in overlays["rows"]:
        cells.setdefault((row["mtu"], row["family"], row["place"]), {})[row["contender"]] = \
            medians(row)
    found = []
    for (mtu, family, place), figures in cells.items():
        for other, kind in ((name, kind) for name in figures for kind in _FIELDS):
            # A contender with threaded NAPI has the budget of the one without.
            limit = RATIOS.get((other.removesuffix("_threaded"), kind))
            if limit and "coax" in figures:
                found.append(Verdict(f"MTU {mtu} {family} {place}: {kind} against {other}",
                                     _ratio(figures, other, kind), *limit))
    return found


def _ratio(figures, other, kind):
    field, inverse = _FIELDS[kind]
    ratio = figures["coax"][field] / figures[other][field]
    return 1 / ratio if inverse else ratio


def _program_verdicts(programs):
    found, small, large = [], {}, {}
    for row in programs["rows"]:
        size = f", FDB {row['fdb_entries']}, {row['nodes']} nodes" if row["nodes"] else ""
        key = (row["program"], row["packet"], row["nodes"])
        if row["fdb_entries"] == 1_000:
            small[key] = row["ns"]
        elif row["fdb_entries"] == 1_000_000:
            large[key] = row["ns"]
        if row["task"] in PROGRAM_NS and row["packet"] != "arp":
            found.append(Verdict(f"{row['program']} {row['packet']}{size}", row["ns"], "<=",
                                 PROGRAM_NS[row["task"]], "ns"))
    return found + [Verdict(f"{key[0]} {key[1]}, {key[2]} nodes: FDB of 1 M against 1 k",
                            large[key] / small[key], "<=", FDB_GROWTH)
                    for key in small if key in large and small[key] > 0]


def _agent_verdicts(agent):
    found = []
    scale = {row["peers"]: row for row in agent.get("scale", []) if "failed" not in row}
    for peers, row in scale.items():
        if peers and 0 in scale:
            kib = (row["agent_rss_kib"] - scale[0]["agent_rss_kib"]) / peers
            found.append(Verdict(f"agent memory per peer at {peers}", kib, "<=", PEER_KIB, "KiB"))
    if 0 in scale:
        found.append(Verdict("agent idle RSS", scale[0]["agent_rss_kib"] / 1024, "<=",
                             IDLE_RSS_MIB, "MiB"))
    if "lanes" in agent:
        lanes = agent["lanes"]
        found.append(Verdict(f"chi-square of {lanes['flows']} flows over {lanes['lanes']} lanes",
                             lanes["chi_square"], "<=", lanes["chi_square_limit"]))
        found.append(Verdict("reordered inside a flow", lanes["reordered"], "<=", 0))
    return found


def _fleet_verdicts(fleet):
    """What was not complete at its deadline has no figure to judge, and does not hold."""
    found = []
    for row in fleet["rows"]:
        if row["nodes"] != FLEET_NODES:
            continue
        name = f"{row['nodes']} agents, {row['store']}"
        for what, step, field, limit, unit in (
                ("join, until the last has the full view", "join", ("full_view_s", "max"),
                 FLEET_JOIN_S, "s"),
                ("a change reaches all, p99", "churn", ("reached_all_ms", "p99"),
                 FLEET_CHANGE_MS, "ms")):
            figures = row[step]
            value = figures[field[0]].get(field[1]) if figures["complete"] else None
            found.append(Verdict(f"{name}: {what}", float("inf") if value is None else value,
                                 "<=", limit, unit))
    return found
