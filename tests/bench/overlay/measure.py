# SPDX-License-Identifier: Apache-2.0
"""What is measured between two ends: TCP, 64-byte UDP, round trip. Real programs do the sending."""

from dataclasses import dataclass

from topology.traffic import bits_per_second, iperf, lost_datagrams, ping

UDP_BYTES = 64  # of UDP payload


@dataclass(frozen=True)
class Effort:
    """How much one measurement moves; time is what an instruction-counted guest has least of."""
    tcp_bytes: int
    udp_packets: int
    pings: int


QUICK = Effort(tcp_bytes=6_000_000, udp_packets=4_000, pings=100)
FULL = Effort(tcp_bytes=12_000_000, udp_packets=8_000, pings=200)
SLOW = Effort(tcp_bytes=2_000_000, udp_packets=2_000, pings=50)  # user-space overlays


def tcp(source, target, family, effort):
    """Megabits per second of payload that the receiver got."""
    report = iperf(source.namespace, target.namespace, target.address(family), seconds=None,
                   arguments=["-n", effort.tcp_bytes])
    return {"tcp_mbit_s": bits_per_second(report) / 1e6,
            "tcp_retransmits": report["end"]["sum_sent"]["retransmits"]}


def udp(source, target, family, effort):
    """Megabits per second of 64-byte datagrams received while the sender sends all it can."""
    report = iperf(source.namespace, target.namespace, target.address(family), seconds=None,
                   arguments=["-u", "-b", "0", "-l", UDP_BYTES, "-n", effort.udp_packets * UDP_BYTES])
    lost, sent = lost_datagrams(report)
    seconds = report["end"]["sum"]["seconds"]
    return {"udp_mbit_s": (sent - lost) * UDP_BYTES * 8 / seconds / 1e6,
            "udp_lost_share": lost / max(1, sent)}


def round_trip(source, target, family, effort):
    """Mean milliseconds of back-to-back pings with 56 bytes."""
    result = ping(source.namespace, target.address(family), count=effort.pings, interval_s=0.001)
    return {"round_trip_ms": result.average_ms, "pings_lost": result.lost}


MEASURES = {"tcp": tcp, "udp": udp, "rtt": round_trip}
