# SPDX-License-Identifier: Apache-2.0
"""Prints a result of tools/bench as tables."""

from .budgets import medians, verdicts


def show(screen, result):
    if "overlays" in result:
        _overlays(screen, result["overlays"])
    if "programs" in result:
        _programs(screen, result["programs"])
    if "agent" in result:
        _agent(screen, result["agent"])
    if "fleet" in result:
        _fleet(screen, result["fleet"])
    _budgets(screen, result)


def _overlays(screen, overlays):
    screen.head(f"Overlays in the instruction-counted VM, kernel {overlays['kernel']} "
                "(medians; compare, do not quote alone)")
    screen.line(f"  {'MTU':>5} {'inside':6} {'port':10} {'':22}{'TCP':>14}{'64-byte UDP':>18}"
                f"{'round trip':>14}")
    for row in overlays["rows"]:
        figures = medians(row)
        screen.line(f"  {row['mtu']:>5} {row['family']:6} {row['place']:10} {row['contender']:22}"
                    f"{figures['tcp_mbit_s']:>7.1f} Mbit/s{figures['udp_us']:>8.1f} us/packet"
                    f"{figures['rtt_us']:>11.1f} us")
    for mtu, cells in overlays["profile"].items():
        for cell, kinds in cells.items():
            text = "; ".join(f"{name} {figures['ns_per_run']:.0f} x {figures['runs']}"
                             for name, figures in kinds["tcp"].items())
            screen.line(screen.paint(f"  TCP of Coax, MTU {mtu} {cell}, instructions per run x "
                                     f"runs: {text}", "dim"))
    for mtu, drops in overlays["coax_drops"].items():
        text = ", ".join(f"{name} {count}" for name, count in drops.items()) or "none"
        screen.line(screen.paint(f"  drops of Coax, MTU {mtu}: {text}", "dim"))


def _programs(screen, programs):
    screen.head(f"Programs by BPF_PROG_TEST_RUN, kernel {programs['kernel']}: nanoseconds per "
                "packet, less an empty program")
    for row in programs["rows"]:
        size = f"FDB {row['fdb_entries']:>9,}  nodes {row['nodes']:>6,}" if row["nodes"] else ""
        how = "repeated" if row["repeated"] else "single runs"
        screen.line(f"  {row['program']:12}{row['packet']:17}{size:31}{row['ns']:>8.0f} ns  "
                    + screen.paint(how, "dim"))


def _agent(screen, agent):
    screen.head(f"Agent, kernel {agent['kernel']}")
    lanes = agent["lanes"]
    screen.line(f"  {lanes['flows']} flows over {lanes['lanes']} lanes: "
                f"{lanes['packets_per_lane']}, chi-square {lanes['chi_square']}; "
                f"{lanes['reordered']} of {lanes['ordered_datagrams']} datagrams out of order")
    screen.line(f"  {'peers':>7}{'ready':>10}{'no-op pass':>13}{'agent':>12}{'maps':>12}")
    for row in agent["scale"]:
        if "failed" in row:
            screen.line(f"  {row['peers']:>7}  " + screen.paint(row["failed"], "bad"))
            continue
        screen.line(f"  {row['peers']:>7}{row['ready_s']:>8.2f} s{row['no_op_pass_ms']:>10.1f} ms"
                    f"{row['agent_rss_kib'] / 1024:>8.1f} MiB{row['maps_kib'] / 1024:>8.1f} MiB")


def _fleet(screen, fleet):
    screen.head(f"Fleet: simulated agents, one in {fleet['one_verifies_in']} verifies, beside a "
                "real controller on the same processors")
    screen.line(f"  {'agents':>7} {'store':16}{'full view':>10}{'change: each':>14}{'all p50':>9}"
                f"{'all p99':>9}{'wire':>9}{'restart':>9}{'CPU join':>10}{'churn':>7}{'RSS':>9}")
    for row in fleet["rows"]:
        join, churn, restart = (row[step] for step in ("join", "churn", "restart"))
        share = 100 * churn["controller_cpu_s"] / churn["wall_s"]
        screen.line(
            f"  {row['nodes']:>7} {row['store']:16}" + _figure(join, "full_view_s", "max", "s", 10)
            + _figure(churn, "reached_each_ms", "p50", "ms", 14)
            + _figure(churn, "reached_all_ms", "p50", "ms", 9)
            + _figure(churn, "reached_all_ms", "p99", "ms", 9)
            + f"{churn['bytes_per_change'] / 1024:>5.0f} KiB"
            + _figure(restart, "current_s", "max", "s", 9)
            + f"{join['controller_cpu_s']:>8.1f} s{share:>5.0f} %"
            + f"{churn['controller_rss_kib'] / 1024:>5.0f} MiB")
        for step in ("join", "churn", "restart"):
            if not row[step]["complete"]:
                screen.line(screen.paint(f"  {step} was not complete at its deadline", "bad"))
    for cost in fleet["one_agent"]:
        screen.line(screen.paint(
            f"  one agent with {cost['peers']} peers: {cost['verify_us']:.0f} us to verify one, "
            f"{cost['bytes_per_peer']:.0f} bytes each", "dim"))


def _figure(step, field, which, unit, width):
    """What was not measured has no figure."""
    value = step[field].get(which)
    digits = 1 if unit == "s" else 0
    text = "-" if value is None else f"{value:.{digits}f} {unit}"
    return f"{text:>{width}}"


def _budgets(screen, result):
    found = verdicts(result)
    screen.head(f"Budgets: {sum(verdict.held for verdict in found)} of {len(found)} hold")
    for verdict in found:
        mark = screen.paint("ok", "good") if verdict.held else screen.paint("!!", "bad")
        screen.line(f"  {mark} {verdict.what:72}{verdict.found:>9.2f} {verdict.unit:4}"
                    f"(budget {verdict.sign} {verdict.limit})")
