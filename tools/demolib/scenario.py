# SPDX-License-Identifier: Apache-2.0
"""What the demo builds and measures. Nothing here prints."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from topology.cluster import join_all
from topology.frames import BROADCAST, RawPort, ethernet
from topology.shell import until
from topology.topology import Topology
from topology.traffic import IperfRun, PingRun, bits_per_second, lost_datagrams, ping

NAME = "coaxdemo"
DIRECTORY = f"/run/{NAME}"
NODES = ("alpha", "beta", "gamma", "delta")
# delta is reached over IPv6 only, so everybody else has both.
FAMILIES = {name: {"v4": name != "delta", "v6": True} for name in NODES}
_PING_ROUNDS = 3


@dataclass
class Stream:
    """One iperf3 run: `loss` in datagrams for UDP, else None."""
    what: str
    path: str
    underlay: str
    bits_per_second: float
    loss: tuple | None = None


def build():
    """A controller with its embedded store, and the nodes that joined it, without ports yet."""
    topology = Topology(name=NAME, directory=DIRECTORY, instances=[f"demo{n[0]}" for n in NODES])
    try:
        controller = topology.controller(v6=True, lease_s=30).start()
        join_all(controller, [topology.joined_node(name, **FAMILIES[name]) for name in NODES])
    except BaseException:
        topology.close()
        raise
    return topology


def furnish(topology):
    """Networks and ports, by the controller. The two networks have the same subnets and the same
    addresses. Returns how many ports."""
    controller = topology.controllers["controller"]
    controller.network(topology.network("red", 100, "10.1.0", "2001:db8:1:"))
    controller.network(topology.network("blue", 200, "10.1.0", "2001:db8:1:"))
    for place, node in enumerate(topology.nodes.values(), start=1):
        controller.port(topology.attach(node, "red-c", "red", number=place * 10))
        controller.port(topology.attach(node, "red-h", "red", kind="host", number=place * 10 + 1))
        controller.port(topology.attach(node, "blue-c", "blue", number=place * 10))
    for port in topology.ports():
        port.node.wait_for_port(port.name)
    return len(topology.ports())


def build_jumbo():
    """Two nodes without a controller, each with the other in its file, on an underlay of 9000."""
    topology = Topology(mtu=9000, name=f"{NAME}-jumbo", directory=f"{DIRECTORY}-jumbo",
                        instances=[f"demoj{n[0]}" for n in NODES])
    try:
        topology.network("red", 100, "10.1.0", "2001:db8:1:")
        for name in NODES[:2]:
            topology.port(topology.node(name), "red-c", "red")
        topology.start()
    except BaseException:
        topology.close()
        raise
    return topology


def address(port, family):
    return port.ipv4 if family == 4 else port.ipv6


def _answered(job):
    (source, target), family = job
    return ping(source.namespace, address(target, family), wait_s=6).received


def reachability(topology, network):
    """{(source, target): set of families that came through}; the first round may wait for the
    tunnels to come up."""
    cells = {(a, b): set() for a, b in topology.pairs(network)}
    waiting = [(pair, family) for pair in cells for family in (4, 6)]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(_PING_ROUNDS):
            answers = list(pool.map(_answered, waiting))
            for (pair, family), received in zip(waiting, answers):
                if received:
                    cells[pair].add(family)
            waiting = [job for job, received in zip(waiting, answers) if not received]
    return cells


def isolation(topology):
    """A broadcast in red: (red ports that got it, red ports, blue ports that got it)."""
    source = topology.nodes["alpha"].attachment("red-c")
    frame = ethernet(BROADCAST, source.mac, 0x88B5, b"only for red".ljust(50, b"."))
    others = [port for port in topology.ports() if port is not source]
    taps = {port: RawPort(port.namespace, port.ifname) for port in others}
    try:
        with RawPort(source.namespace, source.ifname) as sender:
            sender.send(frame)
        red = [port for port in others if port.network == "red"]
        got = [port for port in red if taps[port].receive(lambda x: x == frame, deadline_s=5)]
        strays = [port for port in others if port.network == "blue"
                  and frame in taps[port].received()]
        return len(got), len(red), len(strays)
    finally:
        for tap in taps.values():
            tap.close()


def same_address_twice(topology):
    """alpha asks for one address in both networks: the MACs that answer, and those it should be."""
    alpha, beta = topology.nodes["alpha"], topology.nodes["beta"]
    found = []
    for name in ("red-c", "blue-c"):
        source, target = alpha.attachment(name), beta.attachment(name)
        until(lambda s=source, t=target: ping(s.namespace, t.ipv4, wait_s=2).received, "it answers")
        line = source.namespace.run(["ip", "neigh", "show", target.ipv4]).stdout
        found.append((target.ipv4, name.split("-")[0], target.mac in line))
    return found


def streams(topology, seconds, progress):
    """TCP, UDP and IPv6, between containers and hosts, over both underlays."""
    udp = ["-u", "-b", "20M", "-l", "1200"]
    plan = [
        ("TCP", "alpha", "beta", "red-c", 4, []),
        ("TCP IPv6", "alpha", "beta", "red-c", 6, []),
        ("TCP 4 streams", "alpha", "gamma", "red-c", 4, ["-P", "4"]),
        ("TCP", "beta", "gamma", "red-h", 4, []),
        ("TCP", "gamma", "delta", "red-c", 4, []),
        ("UDP 20 Mbit/s", "alpha", "beta", "red-c", 4, udp),
        ("UDP IPv6", "alpha", "delta", "blue-c", 6, udp),
    ]
    results = []
    for what, source, target, port, family, arguments in plan:
        a = topology.nodes[source].attachment(port)
        b = topology.nodes[target].attachment(port)
        results.append(_stream(a, b, what, family, seconds, arguments))
        progress(results[-1])
    return results


def _path(a, b):
    kind = "host" if a.name.endswith("-h") else "container"
    return f"{kind} {a.node.name} > {b.node.name}"


def _underlay(a, b):
    return "IPv4" if a.node.v4 and b.node.v4 else "IPv6"


def _stream(a, b, what, family, seconds, arguments=()):
    report = IperfRun(a.namespace, b.namespace, address(b, family), seconds=seconds,
                      arguments=list(arguments)).finish()
    loss = lost_datagrams(report) if "-u" in arguments else None
    return Stream(what, _path(a, b), _underlay(a, b), bits_per_second(report), loss)


def round_trips(topology):
    """(path, underlay, milliseconds, lost) for containers and hosts, over both underlays."""
    found = []
    for source, target, port in (("alpha", "beta", "red-c"), ("alpha", "beta", "red-h"),
                                 ("alpha", "delta", "red-c")):
        a = topology.nodes[source].attachment(port)
        b = topology.nodes[target].attachment(port)
        result = ping(a.namespace, b.ipv4, count=50, interval_s=0.02)
        found.append((_path(a, b), _underlay(a, b), result.average_ms, result.lost))
    return found


def agent_killed(topology):
    """kill -9 of alpha's agent and its restart, under ping: (sent, lost)."""
    alpha, beta = topology.nodes["alpha"], topology.nodes["beta"]
    run = PingRun(alpha.attachment("red-c").namespace, beta.attachment("red-c").ipv4, count=60,
                  interval_s=0.05)
    alpha.kill()
    alpha.start()
    result = run.finish()
    return result.sent, result.lost


def jumbo(seconds):
    """Two nodes on an underlay of 9000 bytes: (inner MTU, largest ping whole, stream, capture)."""
    topology = build_jumbo()
    try:
        a, b = [node.attachment("red-c") for node in topology.nodes.values()]
        until(lambda: ping(a.namespace, b.ipv4, wait_s=2).received, "the jumbo pair is up")
        mtu = a.node.coax("status")["networks"][0]["mtu"]
        whole = ping(a.namespace, b.ipv4, count=5, interval_s=0.02, size=mtu - 28,
                     dont_fragment=True)
        stream = _stream(a, b, "TCP, jumbo", 4, seconds)
        return mtu, whole.lost == 0, stream, capture(topology)
    finally:
        topology.close()


def capture(topology):
    """(frames seen on the underlay, findings)"""
    findings = topology.capture.findings()
    return topology.capture.frames(), findings


def drops(topology):
    """{reason: packets} over all nodes."""
    total = {}
    rows = itertools.chain.from_iterable(node.drops().items() for node in topology.nodes.values())
    for (_, reason), count in rows:
        total[reason] = total.get(reason, 0) + count
    return {reason: count for reason, count in total.items() if count}
