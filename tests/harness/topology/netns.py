# SPDX-License-Identifier: Apache-2.0
"""Network namespaces: made, entered by setns, emptied and deleted.

`ip netns exec` is never used: it remounts /sys and hides bpffs.
"""

import ctypes
import os
import re
import signal
import subprocess
import threading

from .shell import alive, run, until

_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)
RUN_NETNS = "/run/netns"


class Namespace:
    """One named network namespace. `delete` kills what still runs in it, by pid."""

    def __init__(self, name):
        self.name = name
        self.path = f"{RUN_NETNS}/{name}"

    def create(self, sysctls=()):
        run(["ip", "netns", "add", self.name])
        self.ip("link set lo up")
        for key, value in sysctls:
            self.sysctl(key, value)
        return self

    def enter(self):
        """Argument prefix that runs a command in this namespace, with the same mounts and pid."""
        return ["nsenter", f"--net={self.path}"]

    def run(self, argv, **options):
        return run(self.enter() + list(argv), **options)

    def popen(self, argv, **options):
        return subprocess.Popen(self.enter() + [str(word) for word in argv], **options)

    def ip(self, *lines, check=True):
        """Runs `ip` command lines as one batch."""
        return run(["ip", "-n", self.name, "-batch", "-"], stdin="\n".join(lines) + "\n",
                   check=check)

    def call(self, function, *args):
        """Calls `function` in a thread inside the namespace; sockets it opens stay there."""
        outcome = {}

        def inside():
            try:
                self._setns()
                outcome["value"] = function(*args)
            except BaseException as error:  # handed to the caller below
                outcome["error"] = error

        thread = threading.Thread(target=inside)
        thread.start()
        thread.join()
        if "error" in outcome:
            raise outcome["error"]
        return outcome["value"]

    def sysctl(self, key, value):
        path = "/proc/sys/" + key.replace(".", "/")

        def write():
            with open(path, "w", encoding="ascii") as file:
                file.write(str(value))

        self.call(write)

    def pids(self):
        """Processes that live in this namespace."""
        done = run(["ip", "netns", "pids", self.name], check=False)
        return [int(pid) for pid in done.stdout.split()]

    def delete(self):
        if not os.path.exists(self.path):
            return
        kill_all(self.pids())
        run(["ip", "netns", "del", self.name], check=False)

    def _setns(self):
        fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            if _LIBC.setns(fd, _CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), f"setns {self.path}")
        finally:
            os.close(fd)


def kill_all(pids):
    """SIGKILL by pid, and waits until they are gone."""
    pids = [pid for pid in pids if pid != os.getpid()]
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    for pid in pids:
        try:
            os.waitpid(pid, 0)
        except ChildProcessError:
            pass
    until(lambda: not any(alive(pid) for pid in pids), f"processes {pids} are gone")


def stale_namespaces(prefix):
    """Namespaces `<prefix><pid>-...` whose maker is dead: left by a run that was killed."""
    names = os.listdir(RUN_NETNS) if os.path.isdir(RUN_NETNS) else []
    found = []
    for name in names:
        match = re.match(re.escape(prefix) + r"(\d+)-", name)
        if match and not alive(int(match.group(1))):
            found.append(Namespace(name))
    return found
