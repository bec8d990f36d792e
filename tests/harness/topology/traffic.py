# SPDX-License-Identifier: Apache-2.0
"""Real programs that make traffic: ping and iperf3, with their answers parsed."""

import json
import math
import os
import re
import select
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass

from .capture import MARKER
from .netns import kill_all
from .shell import DEADLINE_S, CommandError

# For iperf, instead of seconds: thousands of full segments, soon sent by an emulated processor too.
SOME_MEGABYTES = ("-n", "4M")
WAIT_S = 15  # for the last answer: WireGuard repeats a lost handshake after 5 s


@dataclass
class PingResult:
    sent: int
    received: int
    output: str

    @property
    def lost(self):
        return self.sent - self.received


def _ping_argv(address, *, count=1, size=56, interval_s=1, wait_s=WAIT_S, dont_fragment=False):
    argv = ["ping", "-n", "-c", count, "-s", size, "-i", interval_s, "-p", MARKER.hex()]
    if dont_fragment:
        argv += ["-M", "do"]
    return [str(word) for word in argv + _until_answered(count, interval_s, wait_s) + [address]]


def _until_answered(count, interval_s, wait_s):
    """For one it is -W. After several, ping(8) waits an interval or two round trips, which is not
    long on a busy machine, whatever -W says; with -w it goes on until `count` are answered, or
    it is told of an error."""
    return ["-W", wait_s] if count == 1 else ["-w", math.ceil(count * interval_s + wait_s)]


def _answered(output):
    return {int(number) for number in re.findall(r"icmp_seq=(\d+) ttl=", output)}


def _ping_result(count, output):
    """Of the first `count`; more were sent when an answer was late."""
    return PingResult(count, len(_answered(output) & set(range(1, count + 1))), output)


def ping(namespace, address, *, count=1, **options):
    """Pings and waits for the end."""
    argv = _ping_argv(address, count=count, **options)
    timeout = DEADLINE_S + count * options.get("wait_s", WAIT_S)
    done = namespace.run(argv, check=False, timeout=timeout)
    return _ping_result(count, done.stdout + done.stderr)


class PingRun:
    """A ping in the background; `finish` waits for all its packets."""

    def __init__(self, namespace, address, *, count, **options):
        self._count = count
        self._process = namespace.popen(_ping_argv(address, count=count, **options),
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def finish(self):
        output, _ = self._process.communicate(timeout=4 * DEADLINE_S)
        return _ping_result(self._count, output)


class SteadyPing:
    """A ping that goes on until `stop`, also when it is told of errors."""

    def __init__(self, namespace, address, *, interval_s, size=56):
        argv = ["ping", "-n", "-s", size, "-i", interval_s, "-p", MARKER.hex(), address]
        self._output = tempfile.TemporaryFile("w+", encoding="ascii")  # a pipe would fill up
        self._process = namespace.popen([str(word) for word in argv], stdout=self._output,
                                        stderr=subprocess.STDOUT)

    def running(self):
        return self._process.poll() is None

    def answered(self):
        """Numbers of those that are answered by now."""
        file = self._output.fileno()  # its offset is ping's, too
        return _answered(os.pread(file, os.fstat(file).st_size, 0).decode("ascii"))

    def stop(self):
        """(answered, lost): lost are those without an answer before the last that has one."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(timeout=DEADLINE_S)
        answered = self.answered()
        self._output.close()
        return len(answered), max(answered, default=0) - len(answered)


class IperfServer:
    """One-shot iperf3 server that is listening when the constructor returns."""

    def __init__(self, namespace, port=5201):
        self._process = namespace.popen(
            ["iperf3", "-s", "-1", "--forceflush", "-p", port], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        self.port = port
        self._wait_until_listening()

    def _wait_until_listening(self):
        end = time.monotonic() + DEADLINE_S
        text = b""
        while b"listening" not in text:
            left = max(0, end - time.monotonic())
            ready, _, _ = select.select([self._process.stdout], [], [], left)
            chunk = os.read(self._process.stdout.fileno(), 4096) if ready else b""
            if not chunk:
                self.close()
                raise CommandError(["iperf3", "-s"], -1, text.decode())
            text += chunk

    def close(self):
        if self._process.poll() is None:
            kill_all([self._process.pid])
        self._process.wait()
        self._process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class IperfRun:
    """An iperf3 client against a one-shot server, in the background. `seconds` None: the arguments
    say when it ends."""

    def __init__(self, client, server, address, *, seconds=3, port=5201, arguments=()):
        self._server = IperfServer(server, port)
        limit = [] if seconds is None else ["-t", seconds]
        argv = ["iperf3", "-c", address, "-p", port, *limit, "--json", *arguments]
        self._client = client.popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                    text=True)
        self._seconds = seconds or 0

    def finish(self):
        """The client's JSON report."""
        try:
            output, _ = self._client.communicate(timeout=self._seconds + 2 * DEADLINE_S)
        except subprocess.TimeoutExpired:
            kill_all([self._client.pid])
            raise
        finally:
            self._server.close()
        report = json.loads(output) if output.lstrip().startswith("{") else {"error": output}
        if "error" in report:
            raise CommandError(["iperf3", "-c"], self._client.returncode, report["error"])
        return report

    def stop(self):
        """Ends the stream; it must have been running."""
        self._client.send_signal(signal.SIGINT)
        output, _ = self._client.communicate(timeout=DEADLINE_S)
        self._server.close()
        error = json.loads(output).get("error", "ended by itself")
        if "interrupt" not in error:
            raise CommandError(["iperf3", "-c"], self._client.returncode, error)


def iperf(client, server, address, **options):
    return IperfRun(client, server, address, **options).finish()


def bits_per_second(report):
    """Received rate of a TCP or UDP report."""
    end = report["end"]
    return (end.get("sum_received") or end["sum"])["bits_per_second"]


def lost_datagrams(report):
    return report["end"]["sum"]["lost_packets"], report["end"]["sum"]["packets"]
