# SPDX-License-Identifier: Apache-2.0
"""Runs a command with its output in a log file; ends all that still run when we are ended."""

import os
import signal
import subprocess
import threading
from pathlib import Path


class Processes:
    """Starts commands in their own process groups. Thread safe. stop() ends every group."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen] = set()
        self._stopped = False

    def run(self, command: list[str], log: Path, *, cwd: Path, limit_s: float,
            env: dict[str, str] | None = None, background: bool = False) -> int:
        """Exit code of the command; 124 if it outlived limit_s. Appends to the log."""
        if background:
            command = ["nice", "-n", "19", *command]
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as out:
            out.write(f"+ {' '.join(command)}\n".encode())
            out.flush()
            process = self._start(command, out, cwd, env)
            try:
                return process.wait(limit_s)
            except subprocess.TimeoutExpired:
                out.write(f"ended after {limit_s:.0f} s: the limit of this step\n".encode())
                return 124
            finally:
                _end(process)
                with self._lock:
                    self._running.discard(process)

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            for process in self._running:
                _signal(process, signal.SIGTERM)

    def _start(self, command, out, cwd, env) -> subprocess.Popen:
        with self._lock:
            if self._stopped:
                raise InterruptedError("stopped")
            # A group of its own, not a session: sessions share the processors evenly (sched(7),
            # autogroup), whatever the niceness inside them.
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out,
                                       stderr=subprocess.STDOUT, cwd=cwd,
                                       env={**os.environ, **(env or {})}, process_group=0)
            self._running.add(process)
            return process


def _signal(process: subprocess.Popen, number: int) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        pass


def _end(process: subprocess.Popen) -> None:
    """Ends the group: politely while the leader lives, then for good."""
    if process.poll() is None:
        _signal(process, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            pass
    _signal(process, signal.SIGKILL)
    process.wait()
