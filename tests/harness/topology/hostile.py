# SPDX-License-Identifier: Apache-2.0
"""Takes the place of a controller: same address, same TLS key, other intentions (tests/hostile)."""

import subprocess
import threading

from .binaries import binary
from .controller import NETWORK_ID

VTEP_POOL = "100.64.0.0/10"


class HostileController:
    """`controller`: the real one, which has ended. Use as a context manager."""

    def __init__(self, controller):
        host, port = controller.address.rsplit(":", 1)
        self._process = controller.namespace.popen(
            [binary("hostile_controller"), host, port, f"{controller.data}/controller-key.pem",
             f"{controller.data}/controller.pem", NETWORK_ID, VTEP_POOL],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.key = self._process.stdout.readline().strip()
        self._lies = {}  # node id -> rounds
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        for line in self._process.stdout:
            node, _ = line.split()
            self._lies[int(node)] = self._lies.get(int(node), 0) + 1

    def rounds(self):
        assert self._process.poll() is None, "the hostile controller has ended"
        return sum(self._lies.values())

    def was_followed_by(self, node):
        return self._lies.get(node.node_id, 0) > 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._reader.join()
        self._process.stdout.close()
