# SPDX-License-Identifier: Apache-2.0
"""A real coax-controller in a namespace of its own, and what it uses."""

import http.client
import os
import subprocess

from topology import toml
from topology.binaries import binary
from topology.shell import run, until

NETWORK_ID = "simulated"
PORT = 9787
METRICS_PORT = 9788
_TICKS = os.sysconf("SC_CLK_TCK")


class Controller:
    """`address`: what agents connect to. Everything it writes is below `folder`."""

    def __init__(self, namespace, folder, address, store):
        self._namespace, self._folder = namespace, folder
        self.address = f"{address}:{PORT}"
        self.home = f"{folder}/controller"
        self.ca = f"{folder}/ca"
        self.certificate = f"{self.home}/controller.pem"
        self.process = None
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.ca])
        run([binary("coax-controller"), "init", "--dir", self.home, "--network-id", NETWORK_ID,
             "--advertise", self.address, "--ca", f"{self.ca}.pub"])
        config = {
            "controller": {"network_id": NETWORK_ID, "name": "bench", "listen": [self.address],
                           "advertise": [self.address], "run_dir": f"{folder}/run",
                           # The nodes have certificates: who may join is not what is measured.
                           "require_token": False},
            "store": store.config(),
            "metrics": {"listen": f"127.0.0.1:{METRICS_PORT}"},
        }
        with open(f"{self.home}/controller.toml", "w", encoding="utf-8") as file:
            file.write(toml.dumps(config))

    def start(self):
        with open(f"{self._folder}/controller.log", "ab") as log:
            self.process = self._namespace.popen(
                [binary("coax-controller"), "run", "--dir", self.home],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self

    def wait(self):
        until(self.metrics, "the controller answers")
        return self

    def kill(self):
        self.process.kill()
        self.process.wait()

    def metrics(self):
        """Text, as a scraper gets it; None: it does not answer."""
        assert self.process.poll() is None, f"coax-controller ended:\n{self.log()[-2000:]}"
        return self._namespace.call(_scrape)

    def log(self):
        with open(f"{self._folder}/controller.log", encoding="utf-8", errors="replace") as file:
            return file.read()


def _scrape():
    connection = http.client.HTTPConnection("127.0.0.1", METRICS_PORT, timeout=30)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()
    except OSError:
        return None
    finally:
        connection.close()


def cpu_s(pids):
    """Processor time that the processes have used."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / _TICKS


def rss_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))
