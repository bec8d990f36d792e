# SPDX-License-Identifier: Apache-2.0
"""Contenders side by side, measured in turns, so that whatever drifts meets all of them."""

import time
from contextlib import nullcontext
from dataclasses import dataclass

from topology.shell import until
from topology.traffic import ping

from . import measure, userspace, wireguard
from .coax import Coax, CoaxWithoutXdp, ProgramTimes
from .pair import End
from .wireguard import CollectMd, Routed, VxlanBridge

_OTHERS = {"coax": Coax, "coax_without_xdp": CoaxWithoutXdp, "routed": Routed,
           "vxlan_bridge": VxlanBridge}
_PREPARED = {"collect_md": CollectMd, **userspace.USERSPACE}
# As their kernel has them, and with the one setting that coaxd makes for its own devices.
THREADED = "_threaded"
_HAND_MADE = ("routed", "vxlan_bridge", "collect_md")
KERNEL_CONTENDERS = ("coax", "coax_without_xdp", *_HAND_MADE,
                     *(name + THREADED for name in _HAND_MADE))
CONTENDERS = KERNEL_CONTENDERS + tuple(userspace.USERSPACE)


@dataclass(frozen=True)
class Cell:
    """One line of the table."""
    underlay_mtu: int
    family: str
    place: str


def prepare(folder):
    """Makes in `folder` what contenders need and a guest would take long for."""
    wireguard.prepare(folder)
    userspace.prepare(folder)


def build(name, underlay_mtu, directory, prepared, alias=None):
    """A contender by its name; it carries traffic once its tunnel is up."""
    if name.endswith(THREADED):
        pair = build(name.removesuffix(THREADED), underlay_mtu, directory, prepared, name)
        pair.thread_napi()
        return pair
    prefix = f"bench-{alias or name}"
    if name in _PREPARED:
        return _PREPARED[name](prefix, underlay_mtu, directory, prepared)
    return _OTHERS[name](prefix, underlay_mtu, directory)


class Race:
    """`samples[(cell, contender)]` = one dict of figures per round. A context manager."""

    def __init__(self, names, underlay_mtu, directory, prepared, say):
        self._say = say
        self._pairs = {}
        self.samples = {}
        self.sections = None
        self.underlay_mtu = underlay_mtu
        try:
            for name in names:
                began = time.monotonic()
                self._pairs[name] = build(name, underlay_mtu, directory, prepared)
                self._say(f"{name} built in {time.monotonic() - began:.2f} s")
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def run(self, cells, measures, rounds, effort):
        for cell in cells:
            takers = {name: pair for name, pair in self._pairs.items()
                      if all(end.address(cell.family) for end in pair.ends.get(cell.place, [_NO]))}
            for name, pair in takers.items():
                self._warm(name, pair, cell)
            for number in range(rounds):
                for name, pair in takers.items():
                    self._measure(cell, name, pair, measures, effort(name))
                self._say(f"{cell.place} {cell.family}: round {number + 1} of {rounds}")

    def _warm(self, name, pair, cell):
        """Until both directions carry: handshakes, neighbours, learned MACs."""
        for source, target in (pair.ends[cell.place], pair.ends[cell.place][::-1]):
            until(lambda a=source, b=target: ping(a.namespace, b.address(cell.family),
                                                  wait_s=1).received,
                  f"{name} carries {cell.family} between its two {cell.place} ends")

    def _measure(self, cell, name, pair, measures, effort):
        source, target = pair.ends[cell.place]
        sample = {}
        for kind in measures:
            with self.sections.section(f"{name} {kind}") if self.sections else nullcontext():
                sample.update(measure.MEASURES[kind](source, target, cell.family, effort))
        self.samples.setdefault((cell, name), []).append(sample)

    def profile(self, cell, effort):
        """{measure: {program: nanoseconds per packet handled}} of Coax, apart from the figures:
        the account itself costs time."""
        pair = self._pairs["coax"]
        source, target = pair.ends[cell.place]
        self._warm("coax", pair, cell)
        times, result = ProgramTimes(), {}
        try:
            for kind, function in measure.MEASURES.items():
                before = times.read()
                function(source, target, cell.family, effort)
                result[kind] = _between(before, times.read())
        finally:
            times.close()
        return result

    def coax_drops(self):
        return self._pairs["coax"].drops() if "coax" in self._pairs else {}

    def close(self):
        for pair in self._pairs.values():
            pair.close()
        self._pairs.clear()


_NO = End(None, "", "")


def _between(before, after):
    rows = {}
    for name, (runs, nanoseconds) in after.items():
        runs -= before.get(name, (0, 0))[0]
        nanoseconds -= before.get(name, (0, 0))[1]
        if runs > 0:
            rows[name] = {"runs": runs, "ns_per_run": round(nanoseconds / runs, 1)}
    return rows
