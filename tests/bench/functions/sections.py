# SPDX-License-Identifier: Apache-2.0
"""In the guest: tells the plugin of qemu where a section begins and ends."""

import os
from contextlib import contextmanager

from topology.shell import until


class Sections:
    """Files in `folder`, which the plugin watches; see plugin.cpp."""

    def __init__(self, folder):
        self._folder = folder
        self._number = 0
        _set("kernel/kptr_restrict", 0)
        _set("net/core/bpf_jit_kallsyms", 1)

    @contextmanager
    def section(self, label):
        """Symbols are those of the section: BPF programs come and go."""
        with open("/proc/kallsyms", encoding="ascii") as symbols, \
                open(f"{self._folder}/section-{self._number}.symbols", "w",
                     encoding="ascii") as out:
            out.write(symbols.read())
        self._mark(label)
        try:
            yield
        finally:
            self._mark("")

    def _mark(self, label):
        path = f"{self._folder}/section-{self._number}"
        with open(path + ".label", "w", encoding="ascii") as out:
            out.write(label)
        os.rename(path + ".label", path)
        until(lambda: os.path.exists(path + ".counts"), f"qemu has written {path}.counts")
        self._number += 1


def _set(name, value):
    with open(f"/proc/sys/{name}", "w", encoding="ascii") as out:
        out.write(str(value))
