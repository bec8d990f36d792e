# SPDX-License-Identifier: Apache-2.0
"""A controller on the switch, and what its operator has: a CA, a token, `coax`."""

import json
import os
import shutil
import signal
import subprocess

from . import toml
from .binaries import binary
from .shell import run, run_coax, until
from .switch import underlay_v4, underlay_v6

PORT = 9787
NETWORK_ID = "test-overlay"


class Controller:
    """Made by Topology.controller(). `config` is the document behind its file; tests may edit it
    between init() and start()."""

    def __init__(self, namespace, directory, host, *, v6=False, lease_s=3):
        self.namespace, self.directory = namespace, directory
        self.address = f"{underlay_v4(host)}:{PORT}"
        self.addresses = [self.address] + ([f"[{underlay_v6(host)}]:{PORT}"] if v6 else [])
        self.data, self.run_dir = f"{directory}/data", f"{directory}/run"
        self.log_path = f"{directory}/controller.log"
        self.ca = f"{directory}/coax-ca"
        self.process = None
        self.config = {
            "controller": {"network_id": NETWORK_ID, "advertise": self.addresses,
                           "listen": [f"[::]:{PORT}" if v6 else f"0.0.0.0:{PORT}"],
                           "name": "controller", "run_dir": self.run_dir,
                           "lease_seconds": lease_s, "alive_seconds": 1, "log_level": "debug"},
            "store": {"kind": "sqlite"},
            "metrics": {"listen": "127.0.0.1:9788"},
        }
        os.makedirs(directory)

    # The ceremony.

    def init(self):
        """`coax ca init`, `coax-controller init`, and short leases."""
        run([binary("coax"), "ca", "init", "--ca", self.ca])
        self.namespace.run([binary("coax-controller"), "init", "--dir", self.data, "--network-id",
                            NETWORK_ID, "--advertise", self.address, "--ca", f"{self.ca}.pub"])
        return self

    def token(self, *options, uses=1):
        """The text of a new join token."""
        return self.coax("token", "create", "--uses", uses, "--ca", f"{self.ca}.pub",
                         *options)["token"]

    def approve(self, *names):
        return self.coax("nodes", "approve", *names, "--ca", self.ca)["nodes"]

    # Its life.

    def start(self):
        with open(f"{self.data}/controller.toml", "w", encoding="utf-8") as file:
            file.write(toml.dumps(self.config))
        with open(self.log_path, "ab") as log:
            self.process = self.namespace.popen(
                [binary("coax-controller"), "run", "--dir", self.data], stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, start_new_session=True)
        until(self._ready, "the controller answers")
        return self

    def _ready(self):
        assert self.process.poll() is None, "the controller ended:\n" + self.log()[-4000:]
        return self.coax_run("controller", "status", check=False).returncode == 0

    def terminate(self):
        return self._end(signal.SIGTERM)

    def kill(self):
        return self._end(signal.SIGKILL)

    def _end(self, number):
        self.process.send_signal(number)
        return self.process.wait(timeout=60)

    def wipe_store(self):
        """While it is stopped: as if the disk had been lost."""
        for name in os.listdir(self.data):
            if name.startswith("store.db"):
                os.unlink(f"{self.data}/{name}")

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    # Asking it.

    def coax_run(self, *arguments, check=True, stdin=None):
        return run_coax(self.namespace.run, [binary("coax"), "--controller",
                                             f"{self.run_dir}/controller.sock",
                                             *map(str, arguments)], check=check, stdin=stdin)

    def coax(self, *arguments):
        """Answer of `coax ... --json`."""
        return json.loads(self.coax_run("--json", *arguments).stdout)

    def states(self):
        """{node: "pending", "online" or "offline"}"""
        return {node["name"]: node["state"] for node in self.coax("nodes")["nodes"]}

    # Networks and ports.

    def network(self, table):
        """`table`: as Topology.network() made it."""
        subnets = [word for subnet in table["subnets"] for word in ("--subnet", subnet)]
        self.coax("networks", "create", table["name"], "--vni", table["vni"], *subnets)

    def port(self, attachment):
        """A port for an attachment; its node makes it."""
        own = attachment.namespace is attachment.node.namespace
        where = [] if own else ["--netns", attachment.namespace.name]
        self.coax("ports", "create", attachment.node.name, attachment.name, "--network",
                  attachment.network, "--ifname", attachment.ifname, "--mac", attachment.mac,
                  "--address", f"{attachment.ipv4}/24", "--address", f"{attachment.ipv6}/64",
                  *where)

    def discard(self):
        self.namespace.delete()
        if self.process is not None:
            self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)
