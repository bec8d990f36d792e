# SPDX-License-Identifier: Apache-2.0
"""The README's two-machine set-up, followed to the letter: its files, its order, its commands."""

import re
import subprocess
from pathlib import Path

import pytest
from topology.binaries import binary
from topology.netns import Namespace
from topology.node import AgentDied
from topology.shell import alive, run, until
from topology.switch import QUIET_IPV6

README = Path(__file__).resolve().parents[2] / "README.md"
# Fresh on each machine.
FOLDERS = "/run/coax /run/netns /run/wireguard /var/lib/coax"


class Machine:
    """A network and a mount namespace of its own, where the default paths are nobody else's."""

    def __init__(self, topology, name, host):
        self.name = name
        self.namespace = Namespace(f"{topology.name}-{name}").create(QUIET_IPV6)
        topology.strangers.append(self.namespace)
        topology.switch.plug(self.namespace, name, host, v4=True, v6=False)
        topology.capture.watch(name)
        topology.capture.allow_udp_ports([51820])
        self.config = Path(topology.directory) / f"{name}.toml"
        self.log = Path(topology.directory) / f"{name}.log"
        mounts = (f"for f in {FOLDERS}; do mkdir -p $f; mount -t tmpfs tmpfs $f; done; "
                  "mount -t bpf bpf /sys/fs/bpf; echo ready; exec cat")
        self.keeper = self.namespace.popen(["unshare", "--mount", "bash", "-ec", mounts],
                                           stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.keeper.stdout.readline() == b"ready\n"
        self.enter = ["nsenter", "-t", str(self.keeper.pid), "--mount", "--net"]
        self.agent = None

    def run(self, *command):
        return run([*self.enter, *command]).stdout

    def start(self, text):
        self.config.write_text(text, encoding="utf-8")
        log = self.log.open("ab")
        self.agent = subprocess.Popen([*self.enter, binary("coaxd"), "--config", self.config],
                                      stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        until(lambda: self.coax("key"), f"the agent of {self.name} answers")

    def coax(self, *arguments):
        if self.agent.poll() is not None:
            raise AgentDied(self.log.read_text())
        return self.run(binary("coax"), *arguments)

    def reload(self, text):
        self.config.write_text(text, encoding="utf-8")
        run(["kill", "-HUP", self.agent.pid])

    def close(self):
        if self.agent is not None:
            self.agent.kill()
            self.agent.wait()
        self.keeper.stdin.close()
        self.keeper.wait()
        self.keeper.stdout.close()


def files():
    """{machine: its configuration} as the README prints them."""
    text = README.read_text(encoding="utf-8")
    found = re.findall(r"^`/etc/coax/coax\.toml` on (\w+) .*?^```toml\n(.*?)^```", text,
                       re.M | re.S)
    assert [name for name, _ in found] == ["alpha", "beta"]
    return dict(found)


def without_peer(text):
    return re.sub(r"^\[\[peer\]\]\n(?:.+\n)+\n", "", text, flags=re.M)


@pytest.fixture
def machines(empty):
    made = [Machine(empty, name, host) for host, name in enumerate(("alpha", "beta"), 1)]
    yield made
    for machine in made:
        machine.close()
    assert not any(alive(machine.keeper.pid) for machine in made)


def test_two_machines_reach_each_other(machines):
    alpha, beta = machines
    texts = files()
    alpha.run("ip", "netns", "add", "db")
    for machine in machines:
        machine.start(without_peer(texts[machine.name]))
    for machine, other in ((alpha, beta), (beta, alpha)):
        key = re.search(r'^keys = \["(.+?)"\]$', other.coax("key", "--stanza"), re.M).group(1)
        complete = texts[machine.name].replace(f"<public key of {other.name}: coax key>", key)
        assert key in complete
        machine.reload(complete)
    until(lambda: alpha.run("ping", "-c1", "-W1", "10.1.0.2"), "alpha reaches beta's host port")
    assert ", 0% packet loss" in alpha.run("ping", "-c3", "-i0.2", "fd00:1::2")
    assert ", 0% packet loss" in beta.run("ping", "-c3", "-i0.2", "10.1.0.11")
    for machine in machines:
        assert "1 up  0 stale  0 never" in machine.coax("status")
        machine.coax("down")
        assert "coax" not in machine.run("ip", "-br", "link")
