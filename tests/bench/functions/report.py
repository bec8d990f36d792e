# SPDX-License-Identifier: Apache-2.0
"""On the host: what the plugin wrote, by function."""

import bisect
from collections import Counter
from pathlib import Path

USER = "[user space]"
KERNEL_BEGINS = 1 << 63


class Symbols:
    """Functions of a kernel, as /proc/kallsyms has them."""

    def __init__(self, text):
        rows = sorted(_functions(text))
        self._begins = [begin for begin, _ in rows]
        self._names = [name for _, name in rows]

    def name(self, address):
        if address < KERNEL_BEGINS:
            return USER
        index = bisect.bisect_right(self._begins, address) - 1
        return self._names[index] if index >= 0 else hex(address)


def _functions(text):
    for line in text.splitlines():
        address, kind, *name = line.split()
        if kind in "tTwW":
            yield int(address, 16), "".join(name)  # name[module]


def _counts(path):
    rows = (line.split() for line in path.read_text(encoding="ascii").splitlines())
    return {int(address, 16): int(count) for address, count in rows}


def sections(folder):
    """{label: Counter of instructions by function}."""
    found, number, folder = {}, 0, Path(folder)
    while (folder / f"section-{number + 1}.counts").exists():
        label = (folder / f"section-{number}").read_text(encoding="ascii")
        symbols = Symbols((folder / f"section-{number}.symbols").read_text(encoding="ascii"))
        before, after = (_counts(folder / f"section-{index}.counts")
                         for index in (number, number + 1))
        spent = Counter()
        for address, count in after.items():
            spent[symbols.name(address)] += count - before.get(address, 0)
        found[label] = +spent
        number += 2
    return found


def table(spent, rows):
    """Lines: the sum, then the `rows` functions that cost most or differ most from the first
    section; thousands of instructions."""
    first, *others = spent.values()
    weight = {name: max([abs(other[name] - first[name]) for other in others] or [first[name]])
              for counter in spent.values() for name in counter}
    names = sorted(weight, key=lambda name: (-weight[name], name))[:rows]
    yield "".join(f"{label:>24}" for label in ["", *spent])
    for name, figures in [("all", [sum(counter.values()) for counter in spent.values()]),
                          *((name, [counter[name] for counter in spent.values()])
                            for name in names)]:
        yield f"{name[:40]:40}" + "".join(f"{figure / 1000:>24.1f}" for figure in figures)[16:]
