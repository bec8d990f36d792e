# SPDX-License-Identifier: Apache-2.0
"""Progress and colour: on a terminal only, and never with NO_COLOR."""

import os
import sys
import time
from contextlib import contextmanager

_CODES = {"good": "32", "bad": "31;1", "dim": "2", "strong": "1", "head": "36;1"}


class Screen:
    def __init__(self, stream=sys.stdout):
        self._stream = stream
        self._terminal = stream.isatty()
        self._color = self._terminal and not os.environ.get("NO_COLOR")

    def paint(self, text, tone):
        return f"\x1b[{_CODES[tone]}m{text}\x1b[0m" if self._color else text

    def line(self, text=""):
        print(text, file=self._stream, flush=True)

    def head(self, text):
        self.line("\n" + self.paint(text, "head"))

    @contextmanager
    def step(self, text):
        """Shows `text` while the block runs, then how long it took. Yields a function for details."""
        start = time.monotonic()
        notes = []
        self._write(f"  {self.paint('..', 'dim')} {text}")
        try:
            yield notes.append
        except BaseException:
            self._finish(self.paint("!!", "bad"), text, start, notes)
            raise
        self._finish(self.paint("ok", "good"), text, start, notes)

    def _write(self, text):
        if self._terminal:
            print("\r\x1b[K" + text, end="", file=self._stream, flush=True)

    def _finish(self, mark, text, start, notes):
        took = self.paint(f"{time.monotonic() - start:.1f} s", "dim")
        detail = ", ".join(notes)
        self._write("")
        self.line(f"  {mark} {text}{': ' + detail if detail else ''}  {took}")


def rate(bits):
    """Bits per second, three digits."""
    for unit in ("bit/s", "kbit/s", "Mbit/s", "Gbit/s"):
        if bits < 1000 or unit == "Gbit/s":
            return f"{bits:.3g} {unit}" if bits < 1000 else f"{bits:.0f} {unit}"
        bits /= 1000
    return ""
