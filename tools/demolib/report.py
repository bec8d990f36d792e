# SPDX-License-Identifier: Apache-2.0
"""The report: who reached whom, how fast, and what the underlay saw."""

import platform

from .screen import rate

_KIND = {"red-c": "container", "red-h": "host", "blue-c": "container"}


class Report:
    """Prints section by section; `ok` is false once something was not as it should be."""

    def __init__(self, screen):
        self._screen = screen
        self.ok = True

    def machine(self, topology):
        status = topology.nodes["alpha"].coax("status")
        xdp = ", ".join(sorted({uplink["xdp_mode"] for uplink in status["uplinks"]}))
        self._screen.line(self._screen.paint(
            f"  kernel {platform.release()}, WireGuard: {status['backend']}, XDP: {xdp}", "dim"))

    def matrix(self, network, subnet, cells):
        """One row per source; a cell tells which of IPv4 and IPv6 came through."""
        ports = list(dict.fromkeys(a for a, _ in cells))
        self._screen.head(f"Who reached whom in {network} ({subnet})")
        heads = [f"{port.node.name}/{_KIND[port.name][0]}" for port in ports]
        width = max(len(head) for head in heads) + 1
        self._screen.line(" " * 20 + "".join(head.ljust(width) for head in heads))
        for source in ports:
            row = f"  {source.node.name + ' ' + _KIND[source.name]:18}"
            for target in ports:
                row += self._cell(cells.get((source, target)), width)
            self._screen.line(row.rstrip())

    def _cell(self, families, width):
        if families is None:
            return self._screen.paint("·".ljust(width), "dim")
        whole = families == {4, 6}
        self.ok &= whole
        text = "/".join(f"v{family}" for family in sorted(families)) or "none"
        return self._screen.paint(text, "good" if whole else "bad").ljust(
            width + len(self._screen.paint("", "good" if whole else "bad")))

    def isolation(self, got, red, strays, twice):
        self._screen.head("Two networks, one subnet")
        self._verdict(got == red and strays == 0,
                      f"a broadcast in red reached {got} of {red} other red ports and {strays} of "
                      "the blue ones")
        for address, network, right in twice:
            self._verdict(right, f"{address} in {network} was answered by "
                          f"{'' if right else 'another than '}{network}'s machine")

    def streams(self, results):
        self._screen.head("Throughput (iperf3)")
        for result in results:
            loss = ""
            if result.loss is not None:
                lost, sent = result.loss
                loss = f"  {100 * lost / max(1, sent):.1f}% lost"
            strong = self._screen.paint(f"{rate(result.bits_per_second):>11}", "strong")
            self._screen.line(f"  {result.what:16}{result.path:26}over {result.underlay}"
                              f"{strong}{loss}")

    def round_trips(self, results):
        self._screen.head("Round trip (ping)")
        for path, underlay, milliseconds, lost in results:
            self._verdict(lost == 0, f"{path:26}over {underlay}{milliseconds:10.3f} ms")

    def agent_killed(self, sent, lost):
        self._screen.head("The agent is not in the path")
        self._verdict(sent and not lost, "kill -9 of alpha's agent and its restart: "
                      f"{lost} of {sent} pings lost")

    def jumbo(self, mtu, whole, stream):
        self._screen.head("Jumbo: an underlay of 9000 bytes")
        self._verdict(whole, f"inner MTU {mtu}, {mtu}-byte packets whole; TCP "
                      + self._screen.paint(rate(stream.bits_per_second), "strong"))

    def underlay(self, frames, findings):
        self._screen.head("What the untrusted underlay saw")
        self._verdict(not findings,
                      f"{len(findings)} clear-text frames in {frames:,} captured, no fragment"
                      if not findings else f"{len(findings)} clear-text frames or fragments in "
                      f"{frames:,} captured")
        for finding in findings[:5]:
            self._screen.line(f"     {finding}")

    def drops(self, drops):
        text = ", ".join(f"{reason} {count}" for reason, count in sorted(drops.items())) or "none"
        self._screen.line(self._screen.paint(f"     drops by the data path: {text}", "dim"))

    def _verdict(self, good, text):
        self.ok &= bool(good)
        mark = self._screen.paint("ok", "good") if good else self._screen.paint("!!", "bad")
        self._screen.line(f"  {mark} {text}")
