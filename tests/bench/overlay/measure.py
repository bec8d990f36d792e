# SPDX-License-Identifier: Apache-2.0
"""What is measured between two ends: TCP by iperf3, 64-byte UDP and round trip by bench_traffic."""

import json
from dataclasses import dataclass

from topology.binaries import binary
from topology.shell import run
from topology.traffic import bits_per_second, iperf


@dataclass(frozen=True)
class Effort:
    """How much one measurement moves; time is what an instruction-counted guest has least of."""
    tcp_bytes: int
    datagrams: int
    trips: int


QUICK = Effort(tcp_bytes=8_000_000, datagrams=3_200, trips=300)
FULL = Effort(tcp_bytes=16_000_000, datagrams=6_400, trips=600)
SLOW = Effort(tcp_bytes=2_000_000, datagrams=1_600, trips=200)  # user-space overlays


def tcp(source, target, family, effort):
    """Megabits per second of payload that the receiver got."""
    report = iperf(source.namespace, target.namespace, target.address(family), seconds=None,
                   arguments=["-n", effort.tcp_bytes])
    return {"tcp_mbit_s": bits_per_second(report) / 1e6,
            "tcp_retransmits": report["end"]["sum_sent"]["retransmits"]}


def udp(source, target, family, effort):
    """Microseconds per 64-byte datagram of the whole way, none lost; see traffic/main.cpp."""
    return {"udp_us": _small("udp", source, target, family, effort.datagrams)["us_per_datagram"]}


def round_trip(source, target, family, effort):
    """Median microseconds of a 64-byte datagram there and back."""
    return {"rtt_us": _small("rtt", source, target, family, effort.trips)["us_round_trip"]}


def _small(what, source, target, family, count):
    """In a process of its own, in no namespace of the contenders: its sockets are."""
    done = run([binary("bench_traffic"), what, source.namespace.path, target.namespace.path,
                source.address(family), target.address(family), count])
    return json.loads(done.stdout)


MEASURES = {"tcp": tcp, "udp": udp, "rtt": round_trip}
