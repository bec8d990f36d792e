# SPDX-License-Identifier: Apache-2.0
"""Builds, runs the chosen test levels two at a time, prints one line per level and the sum.

The last line is exactly 'N passed, N failed'; the exit code is 0 only when nothing failed.
Logs and JUnit files: build/test-logs/LEVEL/.
"""

import argparse
import shutil
import signal
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

import junit
import levels
from process import Processes

REPO = Path(__file__).resolve().parents[3]
TAIL_LINES = 60
FAILURES_SHOWN = 40
# A clone at another path finds what an earlier one compiled.
CCACHE_ENV = {"CCACHE_BASEDIR": str(REPO), "CCACHE_NOHASHDIR": "1"}


class Session:
    """One run of the command. Prints from several threads, one whole message at a time."""

    def __init__(self, names: list[str], logs: Path, built: Path | None) -> None:
        self._names = names
        self._logs = logs
        self._built = built
        self._print_lock = threading.Lock()
        self._total = junit.Count()
        self._builds: dict[str, Future] = {}
        self.processes = Processes()

    def run(self) -> junit.Count:
        """Foreground levels one after the other; beside them builds, and each background level."""
        front = [name for name in self._names if not levels.LEVELS[name].background]
        back = [name for name in self._names if levels.LEVELS[name].background]
        with ThreadPoolExecutor(1) as builder, ThreadPoolExecutor(1 + len(back)) as lanes:
            for preset in self._presets():
                self._builds[preset] = builder.submit(self._build, preset)
            beside = [lanes.submit(self._lane, [name]) for name in back]
            for lane in (lanes.submit(self._lane, front, beside), *beside):
                lane.result()
        return self._total

    def _presets(self) -> list[str]:
        """Release first: most levels wait for it, and the second build runs beside their tests."""
        return sorted({levels.LEVELS[name].build for name in self._names}, reverse=True)

    def _build(self, preset: str) -> Path | None:
        """The build folder, or None if it did not build."""
        if self._built:
            return self._built
        started = time.monotonic()
        log = self._logs / f"build-{preset}" / "log"
        code = 0
        for command in (["cmake", "--preset", preset], ["cmake", "--build", "--preset", preset]):
            code = code or self.processes.run(command, log, cwd=REPO, limit_s=2400,
                                              env=CCACHE_ENV, background=preset != "release")
        seconds = time.monotonic() - started
        verdict = "FAILED" if code else "done"
        self._say(f"{'build ' + preset:<14} {verdict:<24} {seconds:8.1f} s", log if code else None)
        return REPO / "build" / preset if code == 0 else None

    def _lane(self, names: list[str], beside: Sequence[Future] = ()) -> None:
        for name in names:
            if levels.LEVELS[name].alone:
                wait([*beside, *self._builds.values()])
            self._level(name)

    def _level(self, name: str) -> None:
        level = levels.LEVELS[name]
        folder = self._logs / name
        build = self._builds[level.build].result()
        started = time.monotonic()
        if build is None:
            count = junit.Count(failures=[f"the {level.build} build failed"])
        else:
            context = levels.Context(REPO, self._logs, build, self.processes,
                                     background=level.background)
            count = level.run(context)
        seconds = time.monotonic() - started
        lines = [f"{name:<14} {count.passed:>5} passed, {count.failed:>4} failed {seconds:8.1f} s"]
        lines += [f"    {failure}" for failure in count.failures[:FAILURES_SHOWN]]
        with self._print_lock:
            self._total.add(count, f"{name} ")
        self._say("\n".join(lines), folder if count.failures and build else None)

    def _say(self, message: str, log: Path | None = None) -> None:
        """Prints the message; with a log, or a folder of logs, their tails too."""
        with self._print_lock:
            print(message)
            for path in sorted(log.rglob("log")) if log and log.is_dir() else [log] if log else []:
                text = path.read_text(errors="replace").splitlines()
                print(f"---- last lines of {path}")
                print("\n".join(text[-TAIL_LINES:]))
                print("----")
            sys.stdout.flush()


def parse_arguments() -> argparse.Namespace:
    table = "\n".join(f"  {name:<10} {level.proves}" for name, level in levels.LEVELS.items())
    parser = argparse.ArgumentParser(
        prog="tools/test", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Builds Coax and runs its test levels (without an argument: all):\n"
                    + table)
    parser.add_argument("level", nargs="*", help="levels to run")
    parser.add_argument("--built", type=Path, metavar="DIR",
                        help="test this finished build; configure and build nothing")
    parser.add_argument("--logs", type=Path, metavar="DIR", default=REPO / "build/test-logs",
                        help="where logs and JUnit files go (default: build/test-logs)")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.level if name not in levels.LEVELS]
    if unknown:
        parser.error(f"unknown level '{unknown[0]}': expected one of {', '.join(levels.LEVELS)}")
    # In table order, each once.
    arguments.level = [name for name in levels.LEVELS
                       if name in arguments.level or not arguments.level]
    return arguments


def clear_logs(logs: Path, names: list[str]) -> None:
    for name in [*names, "build-release", "build-asan", "build-fuzz"]:
        shutil.rmtree(logs / name, ignore_errors=True)
    for name in names:
        (logs / name).mkdir(parents=True)


def main() -> int:
    arguments = parse_arguments()
    problem = levels.missing_right(arguments.level)
    if problem:
        print(f"tools/test: {problem}", file=sys.stderr)
        return 2
    clear_logs(arguments.logs, arguments.level)
    session = Session(arguments.level, arguments.logs.resolve(), arguments.built)

    def interrupted(number, _frame):
        session.processes.stop()
        raise SystemExit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    total = session.run()
    for failure in total.failures[:FAILURES_SHOWN]:  # again, where whoever reads the end finds it
        print(f"failed: {failure}")
    print(f"{total.passed} passed, {total.failed} failed")
    return 1 if total.failures else 0


if __name__ == "__main__":
    sys.exit(main())
