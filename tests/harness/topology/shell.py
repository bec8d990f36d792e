# SPDX-License-Identifier: Apache-2.0
"""Commands and waiting. Nothing here sleeps as synchronisation: `until` polls to a deadline."""

import os
import subprocess
import time

# Deadlines are upper bounds for a slow emulated machine; a healthy run never comes near them.
DEADLINE_S = float(os.environ.get("COAX_TEST_DEADLINE_S", "90"))
_POLL_S = 0.02


class CommandError(RuntimeError):
    """A command failed: says which, with what, and what it printed."""

    def __init__(self, argv, returncode, output):
        super().__init__(f"`{' '.join(argv)}` exited with {returncode}: {output.strip()[-2000:]}")
        self.returncode = returncode
        self.output = output


class DeadlineError(AssertionError):
    """A condition did not come true in time."""


def run(argv, *, check=True, stdin=None, timeout=DEADLINE_S, env=None):
    """Runs a command to its end; returns CompletedProcess with text stdout and stderr."""
    argv = [str(word) for word in argv]
    source = {"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}
    done = subprocess.run(argv, capture_output=True, text=True, timeout=timeout, env=env,
                          check=False, **source)
    if check and done.returncode != 0:
        raise CommandError(argv, done.returncode, done.stdout + done.stderr)
    return done


def run_coax(run_once, argv, *, check=True, **options):
    """`coax`, by `run_once(argv, check=False, ...)`. In a guest again while the agent or the
    controller, starved by the emulator, does not keep the command's deadline."""
    end = time.monotonic() + DEADLINE_S
    while True:
        done = run_once(argv, check=False, **options)
        late = done.returncode == 3 and "did not answer in time" in done.stderr
        if not late or "COAX_VM_KERNEL" not in os.environ or time.monotonic() > end:
            break
    if check and done.returncode != 0:
        raise CommandError([str(word) for word in argv], done.returncode,
                           done.stdout + done.stderr)
    return done


def until(condition, what, deadline_s=None):
    """Polls `condition` until it returns something true, and returns that.

    An AssertionError or CommandError inside counts as "not yet" and is shown when time runs out.
    """
    end = time.monotonic() + (deadline_s or DEADLINE_S)
    last = None
    while True:
        began = time.monotonic()
        try:
            value = condition()
            if value:
                return value
            last = value
        except (AssertionError, CommandError) as error:
            last = error
        now = time.monotonic()
        if now > end:
            raise DeadlineError(f"waited in vain until {what}; last: {last!r}")
        # Asking costs at most half of a processor: what is waited for needs the rest.
        time.sleep(max(_POLL_S, now - began))


def alive(pid):
    """True while a process exists and is not a zombie."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
