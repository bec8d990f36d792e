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
        """Shows `text` while the block runs, then how long it took. Yields a function for details,
        which appear as they come."""
        start = time.monotonic()
        notes = []

        def note(detail):
            notes.append(detail)
            self._progress(text, notes)

        self._progress(text, notes)
        try:
            yield note
        except BaseException:
            self._finish(self.paint("!!", "bad"), text, start, notes)
            raise
        self._finish(self.paint("ok", "good"), text, start, notes)

    def _progress(self, text, notes):
        if self._terminal:
            line = self._line(self.paint("..", "dim"), text, notes)
            print("\r\x1b[K" + line, end="", file=self._stream, flush=True)

    def _finish(self, mark, text, start, notes):
        if self._terminal:
            print("\r\x1b[K", end="", file=self._stream)
        took = self.paint(f"{time.monotonic() - start:.1f} s", "dim")
        self.line(f"{self._line(mark, text, notes)}  {took}")

    @staticmethod
    def _line(mark, text, notes):
        return f"  {mark} {text}{': ' + ', '.join(notes) if notes else ''}"


def rate(bits):
    """Bits per second, three digits."""
    for unit in ("bit/s", "kbit/s", "Mbit/s", "Gbit/s"):
        if bits < 1000 or unit == "Gbit/s":
            return f"{bits:.3g} {unit}" if bits < 1000 else f"{bits:.0f} {unit}"
        bits /= 1000
    return ""
