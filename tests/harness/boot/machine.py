# SPDX-License-Identifier: Apache-2.0
"""A machine that boots: Debian with systemd as its first process, in a container whose network
namespace is a node's. It has the node's uplink from before its first process runs.

    cache/root-*   lower  \\
                           overlay = /     what the machine writes lives as long as the object
    folder/upper   upper  /
    folder/bpf     BPF file system of one boot, at /sys/fs/bpf
"""

import json
import os
import shutil
import subprocess

from topology import toml
from topology.binaries import SOURCE
from topology.shell import CommandError, run, until

from .cgroup import Cgroup

CONFIG = "/etc/coax/coax.toml"
# Boot, package scripts and stop jobs of systemd.
PATIENCE_S = 300
# systemd-nspawn takes this namespace, and systemd mounts what it needs itself. No register: there
# may be no systemd on this machine. The programs need all capabilities and bpf(2) of a real one.
_NSPAWN = ["systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit",
           "--console=pipe", "--private-users=no", "--capability=all", "--resolv-conf=off",
           "--timezone=off", "--bind=/dev/net/tun", "--system-call-filter=bpf"]


def _name_of(pid):
    """The program's name; None when the process has ended meanwhile."""
    try:
        with open(f"/proc/{pid}/comm", encoding="ascii") as comm:
            return comm.read().strip()
    except (FileNotFoundError, ProcessLookupError):
        return None


class Machine:
    """`node`: a Node of a topology that is not started; its agent runs here under systemd."""

    def __init__(self, node):
        self.node = node
        self.folder = f"{node.directory}/machine"
        self.root, self._bpf = f"{self.folder}/root", f"{self.folder}/bpf"
        self._console = f"{self.folder}/console.log"
        self._process = self._leader = self._cgroup = None
        for name in ("root", "bpf", "upper", "work"):
            os.makedirs(f"{self.folder}/{name}")
        lower = run([f"{SOURCE}/tests/boot/root"], timeout=3600).stdout.strip()
        run(["mount", "-t", "overlay", "overlay", "-o",
             f"lowerdir={lower},upperdir={self.folder}/upper,workdir={self.folder}/work",
             self.root])

    # While it is off.

    def write(self, path, text, mode=0o644):
        """A file of the machine, also while it runs (but not below /run)."""
        place = self.root + path
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w",
                  encoding="utf-8") as file:
            file.write(text)

    def configure(self):
        """The node's configuration and keys, at the places where a package's user has them."""
        config = dict(self.node.config)
        config["agent"] = {"reconcile_period_ms": 500, "log_level": "debug"}
        self.write(CONFIG, toml.dumps(config))
        keys = f"/var/lib/coax/{self.node.instance}/keys"
        for name in os.listdir(f"{self.node.state_dir}/keys"):
            with open(f"{self.node.state_dir}/keys/{name}", encoding="ascii") as file:
                self.write(f"{keys}/{name}", file.read(), 0o600)
        for folder in (keys, os.path.dirname(keys), "/var/lib/coax"):
            os.chmod(self.root + folder, 0o700)

    def install(self, package):
        """Installs while the machine is off, as an installer of the system does."""
        shutil.copy(package, f"{self.root}/root/coax.deb")
        run(["chroot", self.root, "dpkg", "--install", "/root/coax.deb"])

    def mask(self, unit):
        path = f"{self.root}/etc/systemd/system/{unit}"
        if os.path.lexists(path):
            os.unlink(path)
        os.symlink("/dev/null", path)

    # Its life.

    def boot(self):
        run(["mount", "-t", "bpf", "bpf", self._bpf])
        self._cgroup = Cgroup(f"coax-boot-{self.node.instance}")
        with open(self._console, "ab") as console:
            self._process = subprocess.Popen(
                [*_NSPAWN, f"--directory={self.root}", f"--machine={self.node.instance}",
                 f"--network-namespace-path={self.node.namespace.path}",
                 f"--bind={self._bpf}:/sys/fs/bpf"],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console,
                preexec_fn=self._cgroup.enter)
        self._leader = until(self._find_leader, f"{self.node.name} has a first process")
        until(self._has_booted, f"{self.node.name} has booted", PATIENCE_S)
        return self

    def _find_leader(self):
        """Not the helpers that systemd-nspawn starts and ends before."""
        if self._process.poll() is not None:
            raise RuntimeError(f"systemd-nspawn ended: {self.console()}")
        pid = self._process.pid
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
            return next((int(child) for child in children.read().split()
                         if _name_of(child) == "systemd"), None)

    def _has_booted(self):
        state = self.run(["systemctl", "is-system-running"], check=False).stdout.strip()
        return state in ("running", "degraded")

    def power_off(self):
        """As if the plug was pulled: nothing of it can clean up."""
        if self._process is None:
            return
        self._cgroup.close()
        self._process.wait()
        self._process = self._leader = None
        run(["umount", "--lazy", self._bpf])

    def close(self):
        self.power_off()
        run(["umount", "--lazy", self.root])

    # Asking it.

    def enter(self):
        return ["nsenter", f"--target={self._leader}", "--mount", "--uts", "--ipc", "--net",
                "--pid", "--cgroup", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                "LANG=C.UTF-8", "DEBIAN_FRONTEND=noninteractive"]

    def run(self, argv, check=True):
        return run([*self.enter(), *argv], check=check, timeout=PATIENCE_S)

    def systemctl(self, *arguments, check=True):
        return self.run(["systemctl", *arguments], check=check).stdout.strip()

    def property(self, unit, name):
        return self.systemctl("show", "--value", f"--property={name}", unit)

    def is_active(self, unit):
        return self.property(unit, "ActiveState") == "active"

    def coax(self, verb, *arguments):
        return json.loads(self.run(["coax", "--instance", self.node.instance, verb, "--json",
                                    *arguments]).stdout)

    def journal(self, unit):
        return self.run(["journalctl", "--no-pager", "--output=cat", "--unit", unit]).stdout

    def filters(self, ifname, way="egress"):
        return self.run(["tc", "filter", "show", "dev", ifname, way]).stdout

    def console(self):
        if not os.path.exists(self._console):
            return "it never began to boot"
        with open(self._console, encoding="utf-8", errors="replace") as file:
            return file.read()[-4000:]

    def report(self):
        """What a failed test wants to know."""
        text = [self.console()]
        for unit in ("coax-guard.service", "coaxd.service"):
            try:
                text += [self.systemctl("status", "--no-pager", "--lines=40", unit, check=False)]
            except (CommandError, OSError, subprocess.TimeoutExpired) as error:
                text += [str(error)]
        return "\n".join(text)[-8000:]
