# SPDX-License-Identifier: Apache-2.0
"""A node that joins a controller: its configuration is written by `coax join`."""

import json
import subprocess

from . import toml
from .binaries import binary
from .node import Node
from .shell import until
from .switch import UPLINK

SECOND_KEYS = 8  # ports between a lane of the first keys and the same of the second


class JoinedNode(Node):
    """Made by Topology.joined_node(). `base` is what the operator of the machine adds."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.base_path = f"{self.directory}/base.toml"
        self.base = self._base()

    def _base(self):
        config = self.base_config()
        for table in ("node", "peer", "network", "port"):
            del config[table]
        config["underlay"] = {"uplinks": [UPLINK], "listen_port": self.listen_port}
        return config

    def make_keys(self):
        """The agent makes them."""

    def write_config(self):
        """`coax join` has."""

    @property
    def udp_ports(self):
        """Of both sets of keys."""
        return [port + offset for port in super().udp_ports for offset in (0, SECOND_KEYS)]

    def join_argv(self, token, *options, name=None):
        with open(self.base_path, "w", encoding="utf-8") as file:
            file.write(toml.dumps(self.base))
        return [binary("coax"), "--instance", self.instance, "--json", "join", token, "--name",
                name or self.name, "--config", self.config_path, "--base", self.base_path, *options]

    def join(self, token, *options, check=True, name=None):
        """To its end: the node has a certificate, is approved meanwhile, or is refused."""
        done = self.namespace.run(self.join_argv(token, *options, name=name), check=check)
        if done.returncode == 0:
            self._joined(done.stdout)
        return done

    def begin_join(self, token, *options):
        """In the background: it waits for approval. finish_join() comes later."""
        self.joining = self.namespace.popen(self.join_argv(token, *options),
                                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                            text=True)

    def finish_join(self):
        output, errors = self.joining.communicate(timeout=120)
        assert self.joining.returncode == 0, errors
        self._joined(output)
        return errors

    def _joined(self, output):
        self.node_id = json.loads(output)["node_id"]

    def wait_for_port(self, name):
        until(lambda: any(port["name"] == name and port["state"] == "up"
                          for port in self.coax("ports")["ports"]), f"{self.name} has port {name}")

    def peers(self):
        """{name: row of `coax peers`}"""
        return {peer["name"]: peer for peer in self.coax("peers")["peers"]}

    def control(self):
        return self.coax("status")["control"]

    def wait_saved(self):
        """What it knows is what it would have after a reboot."""
        until(self._is_saved, f"{self.name} has saved its view")

    def _is_saved(self):
        text = self.control()["survives_text"]
        return text.startswith("from the view") and "newer" not in text and "later" not in text
