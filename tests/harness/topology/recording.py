# SPDX-License-Identifier: Apache-2.0
"""What arrives on one interface, as a pcap file; and what tshark finds wrong in it."""

import os
import select
import struct
import subprocess
from collections import Counter
from dataclasses import dataclass, field

from .shell import DEADLINE_S, CommandError, run, until

# tshark -G fields; expert groups as epan/expert.h has them.
_FIELDS = ("frame.number", "frame.protocols", "_ws.expert.group", "_ws.expert.message",
           "frame.len", "ip.len", "udp.length", "vxlan.flags", "vxlan.reserved_16",
           "vxlan.reserved8", "vxlan.vni", "ip.checksum.status", "udp.checksum.status",
           "tcp.checksum.status", "icmp.checksum.status", "icmpv6.checksum.status")
_CHECKSUMS = tuple(name for name in _FIELDS if name.endswith("checksum.status"))
_VERIFY = ("ip.check_checksum", "udp.check_checksum", "tcp.check_checksum")
_SEQUENCE_GROUP = 0x02000000  # what TCP does when it loses a packet: no fault of the encapsulation
_GOOD, _ABSENT = "1", "3"  # PROTO_CHECKSUM_E_GOOD, _NOT_PRESENT
_ONLY_VNI_VALID = 0x0800
_IPV4_HEADER = 20
_LINKTYPE_RAW = 101
_SNAP_BYTES, _QUEUE_KIB = 2048, 32768  # room for some 16,000 packets, whatever the speed


class Recording:
    """tcpdump of what `ifname` receives from `source`, an IPv4 address, from the moment the
    constructor returns.

    Only of what is received: what is sent still lacks the checksums, and is not cut into segments,
    that the sender's stack leaves to a NIC or to WireGuard. Receive offload is off for the same
    reason: it would merge segments and leave their checksums undone.
    """

    def __init__(self, namespace, ifname, path, source):
        self.path = path
        namespace.run(["ethtool", "-K", ifname, "gro", "off"])
        self._process = namespace.popen(
            ["tcpdump", "-n", "-i", ifname, "-Q", "in", "--immediate-mode", "-U", "-Z", "root",
             "-s", _SNAP_BYTES, "-B", _QUEUE_KIB, "-w", path,
             "src", "host", source],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self._said = b""
        self._read_until(b"listening on")

    def wait_for(self, payload):
        """Until a packet with these bytes, the last one sent, is in the file."""
        def there():
            with open(self.path, "rb") as file:
                return payload in file.read()

        until(there, f"{payload[:16].hex()}... is recorded")

    def stop(self):
        if self._process.poll() is None:
            self._process.send_signal(2)
            self._said += self._process.communicate(timeout=DEADLINE_S)[1]
        assert b"\n0 packets dropped by kernel" in self._said, self._said.decode()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.stop()
        elif self._process.poll() is None:
            self._process.kill()
            self._process.communicate()

    def _read_until(self, text):
        while text not in self._said:
            ready, _, _ = select.select([self._process.stderr], [], [], DEADLINE_S)
            chunk = os.read(self._process.stderr.fileno(), 4096) if ready else b""
            if not chunk:
                self._process.kill()
                self._process.communicate()
                raise CommandError(["tcpdump"], -1, self._said.decode())
            self._said += chunk


def write_pcap(path, packets):
    """A pcap file of IP packets, as tcpdump writes them from a WireGuard device."""
    with open(path, "wb") as file:
        file.write(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, _LINKTYPE_RAW))
        for packet in packets:
            file.write(struct.pack("=IIII", 0, 0, len(packet), len(packet)) + packet)


@dataclass
class Verdict:
    """`complaints`: what is wrong, by frame; `seen`: innermost protocols, verified checksums."""
    frames: int = 0
    complaints: list = field(default_factory=list)
    seen: Counter = field(default_factory=Counter)


def judge(path, vnis):
    """Every frame must be VXLAN of one of `vnis`, with right lengths and right checksums."""
    # iperf3's bytes are not the protocol that somebody registered for its client's port.
    argv = ["tshark", "-n", "-r", path, "-T", "fields", "-E", "separator=/t", "-E", "aggregator=,",
            "-d", "tcp.port==1-65535,data"]
    for name in _VERIFY:
        argv += ["-o", f"{name}:TRUE"]
    for name in _FIELDS:
        argv += ["-e", name]
    verdict = Verdict()
    for line in run(argv).stdout.splitlines():
        values = dict(zip(_FIELDS, line.split("\t")))
        wrong = list(_wrong(values, vnis))
        verdict.frames += 1
        verdict.complaints += [f"frame {values['frame.number']}: {what}" for what in wrong]
        verdict.seen[values["frame.protocols"].split(":vxlan:")[-1]] += 1
        for name in _CHECKSUMS:
            verdict.seen[name] += values[name].split(",").count(_GOOD)
    return verdict


def _wrong(values, vnis):
    protocols = values["frame.protocols"]
    if not protocols.startswith("raw:ip:udp:vxlan:eth"):
        yield f"not VXLAN in IPv4: {protocols}"
        return
    groups = [int(group, 0) for group in values["_ws.expert.group"].split(",") if group]
    if any(group != _SEQUENCE_GROUP for group in groups) or "malformed" in protocols.lower():
        yield f"tshark says: {values['_ws.expert.message'] or protocols}"
    if int(values["vxlan.flags"], 0) != _ONLY_VNI_VALID or values["vxlan.vni"] not in vnis or \
            int(values["vxlan.reserved_16"] or "0", 0) or int(values["vxlan.reserved8"], 0):
        yield (f"VXLAN flags {values['vxlan.flags']}, VNI {values['vxlan.vni']}, reserved "
               f"{values['vxlan.reserved_16']} {values['vxlan.reserved8']}")
    ip_bytes, udp_bytes = (int(values[name].split(",")[0]) for name in ("ip.len", "udp.length"))
    if ip_bytes != int(values["frame.len"]) or udp_bytes != ip_bytes - _IPV4_HEADER:
        yield f"lengths: frame {values['frame.len']}, IP {ip_bytes}, UDP {udp_bytes}"
    for name in _CHECKSUMS:
        bad = [status for status in values[name].split(",") if status not in ("", _GOOD, _ABSENT)]
        if bad:
            yield f"{name} {values[name]}"
