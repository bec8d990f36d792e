# SPDX-License-Identifier: Apache-2.0
"""Overlays in user space as Debian ships them, with their own defaults but for the MTU
and what is said here.

    tinc 1.0    switch mode, its default cipher, bridged to the container
    fastd 22    tap mode, salsa2012+umac (the first of its manual), bridged to the container
    n2n 1.3     tap with an address of its own, Twofish; no IPv6 neighbour discovery
    nebula 1.6  tun with an address of its own, IPv4 only, ChaCha20-Poly1305 as WireGuard: its
                default is AES, of which an emulated processor counts a round as one instruction
"""

import os
import shutil
import subprocess

from topology.shell import run
from topology.switch import underlay_v4

from .pair import End, Pair, private

# What fits one underlay packet: less outer IPv4 and UDP (28), own headers, inner Ethernet.
TINC_MTU = {1500: 1400, 9000: 8900}    # tinc needs up to 91 bytes with CBC padding
FASTD_MTU = {1500: 1426, 9000: 8926}   # from its manual: 1426 for salsa2012+umac over IPv4
N2N_MTU = {1500: 1400, 9000: 1400}     # its buffers end at 2048 bytes
NEBULA_MTU = {1500: 1440, 9000: 8940}  # 16 bytes of header, 16 of authentication


class Daemons(Pair):
    """A pair whose overlay is a process per node."""

    def __init__(self, prefix, underlay_mtu, directory, prepared):
        super().__init__(prefix, underlay_mtu, directory)
        self.prepared = prepared
        self._processes = []

    def start(self, host, argv, environment=None):
        log = open(f"{self.directory}/{host.name}.log", "ab")
        self._processes.append(host.popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                          env={**os.environ, **(environment or {})}))
        log.close()

    def close(self):
        super().close()  # kills what runs in the namespaces
        for process in self._processes:
            process.wait()


class Tinc(Daemons):
    def __init__(self, prefix, underlay_mtu, directory, prepared):
        super().__init__(prefix, underlay_mtu, directory, prepared)
        for number, host in enumerate(self.hosts, 1):
            # By hand, so that it can be bridged before tincd opens it.
            host.ip("tuntap add dev tap0 mode tap")
            folder = f"{self.directory}/tinc{number}"
            shutil.copytree(f"{prepared}/tinc{number}", folder)
            self.start(host, ["tincd", "-D", "-c", folder, f"--pidfile={folder}/pid"])
        self.bridge("tap0", TINC_MTU[underlay_mtu])


class Fastd(Daemons):
    def __init__(self, prefix, underlay_mtu, directory, prepared):
        super().__init__(prefix, underlay_mtu, directory, prepared)
        mtu = FASTD_MTU[underlay_mtu]
        for number, host in enumerate(self.hosts, 1):
            host.ip("tuntap add dev tap0 mode tap", f"link set tap0 mtu {mtu}")
            self.start(host, ["fastd", "-c", f"{prepared}/fastd{number}.conf", "--mtu", mtu])
        self.bridge("tap0", mtu)


class N2n(Daemons):
    def __init__(self, prefix, underlay_mtu, directory, prepared):
        super().__init__(prefix, underlay_mtu, directory, prepared)
        self.start(self.hosts[0], ["supernode", "-l", "7654"])
        self.ends["host"] = []
        for number, host in enumerate(self.hosts, 1):
            mine = End(host, f"10.2.0.{number}", "")
            self.ends["host"].append(mine)
            self.start(host, ["edge", "-d", "edge0", "-a", mine.ipv4, "-s", "255.255.255.0",
                              "-c", "bench", "-k", "bench-key", "-l", f"{underlay_v4(1)}:7654",
                              "-m", f"02:00:00:00:00:0{number}", "-M", N2N_MTU[underlay_mtu]])


class Nebula(Daemons):
    def __init__(self, prefix, underlay_mtu, directory, prepared):
        super().__init__(prefix, underlay_mtu, directory, prepared)
        self.ends["host"] = []
        for number, host in enumerate(self.hosts, 1):
            self.ends["host"].append(End(host, f"10.2.0.{number}", ""))
            config = f"{self.directory}/nebula{number}.yml"
            with open(config, "w", encoding="ascii") as file:
                file.write(_NEBULA.format(prepared=prepared, number=number, other=3 - number,
                                          endpoint=underlay_v4(3 - number),
                                          mtu=NEBULA_MTU[underlay_mtu]))
            self.start(host, ["nebula", "-config", config])


_NEBULA = """\
pki: {{ca: {prepared}/ca.crt, cert: {prepared}/nebula{number}.crt,
      key: {prepared}/nebula{number}.key}}
static_host_map: {{"10.2.0.{other}": ["{endpoint}:4242"]}}
lighthouse: {{am_lighthouse: false, hosts: []}}
listen: {{host: 0.0.0.0, port: 4242}}
cipher: chachapoly
punchy: {{punch: false}}
tun: {{dev: nebula0, mtu: {mtu}}}
logging: {{level: warning}}
firewall:
  outbound: [{{port: any, proto: any, host: any}}]
  inbound: [{{port: any, proto: any, host: any}}]
"""

USERSPACE = {"tinc": Tinc, "n2n": N2n, "fastd": Fastd, "nebula": Nebula}


def prepare(folder):
    """Keys and configurations of all of them: made once, by a processor that is not emulated."""
    _prepare_tinc(folder)
    _prepare_fastd(folder)
    run(["nebula-cert", "ca", "-name", "bench", "-out-crt", f"{folder}/ca.crt",
         "-out-key", f"{folder}/ca.key"])
    for number in (1, 2):
        run(["nebula-cert", "sign", "-ca-crt", f"{folder}/ca.crt", "-ca-key", f"{folder}/ca.key",
             "-name", f"node{number}", "-ip", f"10.2.0.{number}/24",
             "-out-crt", f"{folder}/nebula{number}.crt",
             "-out-key", f"{folder}/nebula{number}.key"])


def _prepare_tinc(folder):
    for number in (1, 2):
        home = f"{folder}/tinc{number}"
        os.makedirs(f"{home}/hosts")
        _write(f"{home}/tinc.conf", f"Name = node{number}\nMode = switch\nDeviceType = tap\n"
               f"Interface = tap0\nConnectTo = node{3 - number}\n")
        _write(f"{home}/hosts/node{number}", f"Address = {underlay_v4(number)}\n")
        run(["tincd", "-c", home, "-K", "2048"])
    for number in (1, 2):
        shutil.copy(f"{folder}/tinc{number}/hosts/node{number}",
                    f"{folder}/tinc{3 - number}/hosts/node{number}")


def _prepare_fastd(folder):
    public_keys = {}
    for number in (1, 2):
        secret = run(["fastd", "--machine-readable", "--generate-key"]).stdout.strip()
        path = f"{folder}/fastd{number}.conf"
        _write(path, 'log level warn;\nmode tap;\ninterface "tap0";\nmethod "salsa2012+umac";\n'
               f'bind any:10000;\nsecret "{secret}";\n')
        public_keys[number] = run(["fastd", "--machine-readable", "--show-key", "-c",
                                   path]).stdout.strip()
    for number in (1, 2):
        with open(f"{folder}/fastd{number}.conf", "a", encoding="ascii") as file:
            file.write(f'peer "other" {{ key "{public_keys[3 - number]}"; '
                       f'remote {underlay_v4(3 - number)}:10000; }}\n')


def _write(path, text):
    with open(path, "w", encoding="ascii", opener=private) as file:
        file.write(text)
