# SPDX-License-Identifier: Apache-2.0
"""A controller and four Coax nodes on this machine, real traffic, and a report. Leaves nothing
behind."""

import argparse
import os
import signal
import subprocess
import sys
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.realpath(__file__)), "../.."))
sys.dont_write_bytecode = True
sys.path[:0] = [f"{ROOT}/tools", f"{ROOT}/tests/harness"]

from demolib import keep, scenario  # noqa: E402
from demolib.report import Report  # noqa: E402
from demolib.screen import Screen, rate  # noqa: E402
from topology import binaries  # noqa: E402
from topology.topology import close_all  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(prog="tools/demo", description=__doc__)
    parser.add_argument("--keep", action="store_true",
                        help="leave the nodes up and say how to look around")
    parser.add_argument("--down", action="store_true", help="take down what --keep left up")
    parser.add_argument("--seconds", type=int, default=3, metavar="N",
                        help="length of each iperf3 run (default 3)")
    return parser.parse_args()


def build(screen):
    """With COAX_BUILD those programs are used as they are; else build/release is updated."""
    if "COAX_BUILD" not in os.environ:
        command = (["cmake", "--preset", "release"],
                   ["cmake", "--build", "--preset", "release", "--target", "coaxd", "coax",
                    "coax-controller"])
        screen.line("Building (the first time takes minutes) ...")
        for words in command:
            quiet = None if "--build" in words else subprocess.DEVNULL
            subprocess.run(words, cwd=ROOT, check=True, stdout=quiet)
    missing = binaries.missing_binaries()
    if missing:
        sys.exit(f"demo: not built: {', '.join(missing)}")


def measure(screen, report, topology, options):
    with screen.step("everybody pings everybody, IPv4 and IPv6") as note:
        cells = {network: scenario.reachability(topology, network) for network in ("red", "blue")}
        note(f"{2 * sum(len(part) for part in cells.values())} pairs")
    with screen.step("the two networks must not mix"):
        mixing = (*scenario.isolation(topology), scenario.same_address_twice(topology))
    with screen.step("iperf3: TCP, UDP, IPv6") as note:
        streams = scenario.streams(topology, options.seconds, lambda result: note(
            rate(result.bits_per_second)))
    with screen.step("round trips"):
        trips = scenario.round_trips(topology)
    with screen.step("kill -9 of an agent, under ping"):
        killed = scenario.agent_killed(topology)
    with screen.step("jumbo frames on a second pair of nodes"):
        mtu, whole, jumbo_stream, jumbo_capture = scenario.jumbo(options.seconds)
    frames, findings = scenario.capture(topology)

    for network, part in cells.items():
        report.matrix(network, "10.1.0.0/24, 2001:db8:1::/64", part)
    report.isolation(*mixing)
    report.streams(streams)
    report.round_trips(trips)
    report.agent_killed(*killed)
    report.jumbo(mtu, whole, jumbo_stream)
    report.underlay(frames + jumbo_capture[0], findings + jumbo_capture[1])
    report.drops(scenario.drops(topology))


def run(screen, options):
    start = time.monotonic()
    report = Report(screen)
    with screen.step("a controller, a token, four nodes that join over an untrusted switch; delta "
                     "is reached over IPv6 only"):
        topology = scenario.build()
    try:
        with screen.step("networks and ports, by the controller") as note:
            note(f"{scenario.furnish(topology)} ports")
        report.machine(topology)
        measure(screen, report, topology, options)
        if options.keep:
            keep.explain(screen, topology)
    finally:
        if not options.keep or sys.exc_info()[0] is not None:
            with screen.step("everything is taken down again"):
                topology.close()
        else:
            topology.capture.close()
    verdict = "all as it should be" if report.ok else "something is NOT as it should be"
    screen.line("\n" + screen.paint(f"{verdict}, {time.monotonic() - start:.0f} s",
                                    "good" if report.ok else "bad"))
    return 0 if report.ok else 1


SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def interrupted(*_):
    """Once: what follows is the cleaning up, and nobody may interrupt that."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def main():
    options = arguments()
    if os.geteuid() != 0:
        sys.exit("demo: needs root for namespaces and BPF: sudo tools/demo")
    screen = Screen()
    if options.down:
        keep.down(screen)
        return 0
    if keep.is_up():
        sys.exit("demo: a demo is up already; take it down with: sudo tools/demo --down")
    build(screen)
    for number in SIGNALS:
        signal.signal(number, interrupted)
    try:
        return run(screen, options)
    except KeyboardInterrupt:
        screen.line("\ninterrupted: everything is taken down")
        return 130
    finally:
        if not options.keep or sys.exc_info()[0] is not None:
            close_all()


if __name__ == "__main__":
    sys.exit(main())
