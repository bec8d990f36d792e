# SPDX-License-Identifier: Apache-2.0
"""The stores a controller is measured with: its own file, or Debian's etcd on the same machine."""

import subprocess

from topology.shell import run, until

# How often the members ask each other, and wait: those of a machine that does everything at once.
_HEARTBEAT_MS, _ELECTION_MS = 250, 2500


class Sqlite:
    name = "sqlite"

    def config(self):
        return {"kind": "sqlite"}

    def pids(self):
        return []

    def stop(self):
        """Nothing runs."""


class Etcd:
    """Members on the loopback of the controller's namespace, without TLS; data on disk."""

    def __init__(self, namespace, folder, members):
        self.name = f"etcd, {members} member{'s' if members > 1 else ''}"
        self._namespace = namespace
        self._clients = [f"http://127.0.0.1:{2379 + 10 * i}" for i in range(members)]
        peers = [f"http://127.0.0.1:{2380 + 10 * i}" for i in range(members)]
        cluster = ",".join(f"m{i}={peer}" for i, peer in enumerate(peers))
        self._processes = []
        for i, (client, peer) in enumerate(zip(self._clients, peers)):
            with open(f"{folder}/etcd{i}.log", "wb") as log:
                self._processes.append(namespace.popen(
                    ["etcd", "--name", f"m{i}", "--data-dir", f"{folder}/etcd{i}",
                     "--listen-client-urls", client, "--advertise-client-urls", client,
                     "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                     "--initial-cluster", cluster, "--heartbeat-interval", _HEARTBEAT_MS,
                     "--election-timeout", _ELECTION_MS, "--auto-compaction-mode", "periodic",
                     "--auto-compaction-retention", "1h"],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log))
        until(self._is_healthy, "etcd answers")

    def config(self):
        return {"kind": "etcd", "endpoints": self._clients}

    def pids(self):
        return [process.pid for process in self._processes]

    def stop(self):
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()

    def _is_healthy(self):
        return run([*self._namespace.enter(), "env", "ETCDCTL_API=3", "etcdctl",
                    f"--endpoints={','.join(self._clients)}", "endpoint", "health"])


def start(name, namespace, folder):
    """`sqlite`, `etcd1` or `etcd3`."""
    return Sqlite() if name == "sqlite" else Etcd(namespace, folder, int(name[-1]))


NAMES = ("sqlite", "etcd1", "etcd3")
