# SPDX-License-Identifier: Apache-2.0
"""One Coax node: its namespace, its configuration file, its agent."""

import base64
import glob
import json
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass

from . import toml
from .binaries import binary
from .netns import Namespace
from .shell import run, run_coax, until
from .switch import UPLINK, underlay_v4, underlay_v6

PIN_ROOT = "/sys/fs/bpf/coax"
UAPI_DIRECTORY = "/var/run/wireguard"
# The agents of three idle nodes, twice a second, would take most of an emulated processor.
RECONCILE_PERIOD_MS = 5000 if "COAX_VM_KERNEL" in os.environ else 500
VTEP_BASE = (100 << 24) | (64 << 16)


def vtep_of(node_id):
    """Address inside the tunnels: pool base + node id."""
    value = VTEP_BASE + node_id
    return ".".join(str(value >> shift & 255) for shift in (24, 16, 8, 0))


class AgentDied(RuntimeError):
    """coaxd ended although it should run: carries its log."""


@dataclass(eq=False)
class Attachment:
    """A port as its user sees it: where to run programs, and what it should own."""
    node: "Node"
    name: str
    network: str
    namespace: Namespace
    ifname: str
    mac: str
    ipv4: str
    ipv6: str

    def __str__(self):
        return f"{self.node.name}/{self.name}"


class Node:
    """Made by Topology.node(). `config` is the document behind the file; tests may edit it."""

    def __init__(self, name, node_id, instance, namespace, directory, *, lanes=1, v4=True,
                 v6=False):
        self.name, self.node_id, self.instance = name, node_id, instance
        self.namespace, self.directory = namespace, directory
        self.lanes, self.v4, self.v6 = lanes, v4, v6
        self.listen_port = 51820
        self.attachments = []
        self.agent = None
        self.environment = {}  # of the agent, on top of ours
        self.config = {}
        self.config_path = f"{directory}/coax.toml"
        self.log_path = f"{directory}/coaxd.log"
        self.state_dir, self.run_dir = f"{directory}/state", f"{directory}/run"
        self.public_keys = []
        os.makedirs(f"{self.state_dir}/keys", mode=0o700)
        with open(f"{directory}/instance", "w", encoding="ascii") as file:
            file.write(instance)  # for topology.remove_leftovers

    # Facts.

    @property
    def vtep(self):
        return vtep_of(self.node_id)

    @property
    def pins(self):
        return f"{PIN_ROOT}/{self.instance}"

    @property
    def socket(self):
        return f"{self.run_dir}/agent.sock"

    @property
    def udp_ports(self):
        return [self.listen_port + lane for lane in range(self.lanes)]

    def lane_device(self, lane=0):
        return f"{self.instance}-wg{lane}"

    def endpoint_for(self, other):
        """This node's address as `other` reaches it: IPv4 where both have it."""
        if self.v4 and other.v4:
            return f"{underlay_v4(self.node_id)}:{self.listen_port}"
        return f"[{underlay_v6(self.node_id)}]:{self.listen_port}"

    def attachment(self, name):
        return next(port for port in self.attachments if port.name == name)

    def links(self):
        """Interfaces of the node's namespace by name, as `ip -j -d link` shows them."""
        done = run(["ip", "-n", self.namespace.name, "-j", "-d", "link"])
        return {link["ifname"]: link for link in json.loads(done.stdout)}

    def port_link(self, name):
        """The agent's end of a port's veth: found by its alias."""
        alias = f"coax {self.instance} port {name}"
        user_end = self.attachment(name).ifname
        found = [link for link in self.links().values()
                 if link.get("ifalias") == alias and link["ifname"] != user_end]
        assert found, f"{self.name}: no link with alias '{alias}'"
        return found[0]

    # Keys and configuration.

    def make_keys(self):
        """Key pairs of all lanes, as the agent would have made them."""
        for lane in range(self.lanes):
            private = base64.b64encode(os.urandom(32)).decode()
            path = f"{self.state_dir}/keys/lane{lane}.key"
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w",
                      encoding="ascii") as file:
                file.write(private + "\n")
            self.public_keys.append(run(["wg", "pubkey"], stdin=private).stdout.strip())

    def base_config(self):
        return {
            "node": {"id": self.node_id, "name": self.name, "instance": self.instance},
            "underlay": {"uplinks": [UPLINK], "listen_port": self.listen_port},
            "wireguard": {"backend": os.environ.get("COAX_TEST_BACKEND", "auto"),
                          "lanes": self.lanes},
            "overlay": {"fdb_entries": 16384, "member_entries": 4096, "guard_entries": 4096},
            "agent": {"state_dir": self.state_dir, "run_dir": self.run_dir,
                      "reconcile_period_ms": RECONCILE_PERIOD_MS, "log_level": "debug"},
            "peer": [], "network": [], "port": [],
        }

    def peer_table(self, other):
        return {"id": other.node_id, "name": other.name, "endpoint": other.endpoint_for(self),
                "keys": list(other.public_keys)}

    def write_config(self):
        with open(self.config_path, "w", encoding="utf-8") as file:
            file.write(toml.dumps(self.config))

    # The agent's life.

    def start(self, wait=True, program=None, options=()):
        """`program`: another agent than the one of this build; `options`: of its command line."""
        self.write_config()
        log = open(self.log_path, "ab")
        self.agent = self.namespace.popen([program or binary("coaxd"), "--config",
                                           self.config_path, *options],
                                          stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                          env={**os.environ, **self.environment},
                                          start_new_session=True)  # Ctrl-C is not for it
        log.close()
        if wait:
            self.wait_ready()

    def wait_ready(self):
        until(self._ready, f"the agent of {self.name} is ready")

    def _ready(self):
        if self.agent.poll() is not None:
            raise AgentDied(f"coaxd of {self.name} exited with {self.agent.returncode}:\n"
                            + self.log()[-4000:])
        ports = self.coax("ports")["ports"]
        wanted = {port["name"] for port in self.config["port"]}
        return wanted <= {port["name"] for port in ports if port["state"] == "up"}

    def kill(self):
        """kill -9: the agent has no chance to clean up."""
        self._end(signal.SIGKILL)

    def terminate(self):
        return self._end(signal.SIGTERM)

    def _end(self, number):
        self.agent.send_signal(number)
        return self.agent.wait(timeout=60)

    def running(self):
        return self.agent is not None and self.agent.poll() is None

    def reload(self):
        """Writes the configuration and sends SIGHUP; the caller polls for what must come true."""
        self.write_config()
        self.agent.send_signal(signal.SIGHUP)

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    # Asking it.

    def coax_run(self, *arguments, check=True, env=None):
        return run_coax(self.namespace.run, [binary("coax"), "--instance", self.instance,
                                             "--socket", self.socket, *arguments],
                        check=check, env=env)

    def coax(self, verb, *arguments):
        """Answer of `coax VERB --json`."""
        return json.loads(self.coax_run(verb, "--json", *arguments).stdout)

    def drops(self):
        """{(hook, reason): packets}"""
        return {(row["hook"], row["reason"]): int(row["packets"])
                for row in self.coax("drops")["drops"]}

    def dropped(self, reason):
        return sum(count for (_, name), count in self.drops().items() if name == reason)

    def counter(self, name):
        rows = self.coax("status")["counters"]
        return sum(int(row["packets"]) for row in rows if row["name"] == name)

    # The end.

    def discard(self):
        """Removes everything of this node, whatever state it is in."""
        for attachment in self.attachments:
            if attachment.namespace is not self.namespace:
                attachment.namespace.delete()
        self.namespace.delete()
        if self.agent is not None:
            self.agent.wait()
        remove_instance(self.instance)


def remove_instance(instance):
    """Pins and UAPI sockets of an instance whose processes are gone."""
    shutil.rmtree(f"{PIN_ROOT}/{instance}", ignore_errors=True)
    for path in glob.glob(f"{UAPI_DIRECTORY}/{instance}-wg*.sock"):
        os.unlink(path)
