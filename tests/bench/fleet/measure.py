# SPDX-License-Identifier: Apache-2.0
"""Join storm, churn and restart of one controller.

    simulator [agents 10.211.0.2] --- veth --- [10.211.0.1 controller, etcd on its loopback]

Both share the processors: with two of them the agents take what the controller lacks.
"""

import json
import os
import shutil
import tempfile
import time

from topology.netns import Namespace

from . import stores
from .controller import Controller, cpu_s, rss_kib
from .simulator import Simulator

CONTROLLER_ADDRESS, AGENTS_ADDRESS = "10.211.0.1", "10.211.0.2"
MOVES_PER_MINUTE = 1000
RETURNING_SHARE = 0.01  # of the nodes, within the time of the churn
DEVICE = "wire"


def measure(nodes, store, *, churn_s, one_verifies_in, deadline_s):
    folder = tempfile.mkdtemp(prefix="coax-fleet-")
    names = [Namespace(f"fleet{os.getpid()}-{name}") for name in ("controller", "agents")]
    try:
        return _measure(folder, names, nodes, store, churn_s=churn_s,
                        one_verifies_in=one_verifies_in, deadline_s=deadline_s)
    finally:
        for namespace in names:
            namespace.delete()
        shutil.rmtree(folder)


def _measure(folder, namespaces, nodes, store_name, *, churn_s, one_verifies_in, deadline_s):
    inside, outside = namespaces
    _wire(inside, outside)
    store = stores.start(store_name, inside, folder)
    controller = Controller(inside, folder, CONTROLLER_ADDRESS, store).start().wait()
    with Simulator(outside, controller, nodes, one_verifies_in, deadline_s) as simulator:
        meter = _Meter(controller, store, outside)
        row = {"nodes": nodes, "store": store.name, "verifying": simulator.verifying,
               "idle_rss_kib": rss_kib(controller.process.pid)}
        row["join"] = meter.around(lambda: simulator.ask("join"))
        returns = max(1, round(nodes * RETURNING_SHARE)) * 60 / churn_s
        row["churn"] = meter.around(
            lambda: simulator.ask("churn", churn_s, MOVES_PER_MINUTE, returns))
        changes = row["churn"]["moves"] + row["churn"]["returns"]
        row["churn"]["bytes_per_change"] = row["churn"]["bytes_to_agents"] / max(1, changes)
        row["restart"] = meter.around(lambda: _restart(controller, simulator))
    store.stop()
    return row


def _restart(controller, simulator):
    since = time.monotonic()  # the clock of the simulator
    controller.kill()
    controller.start()
    return simulator.ask("recover", since)


def _wire(inside, outside):
    for namespace in (inside, outside):
        namespace.create()
    inside.ip(f"link add name {DEVICE} type veth peer name {DEVICE} netns {outside.name}")
    for namespace, address in ((inside, CONTROLLER_ADDRESS), (outside, AGENTS_ADDRESS)):
        namespace.ip(f"address add {address}/24 dev {DEVICE}", f"link set {DEVICE} up")


class _Meter:
    """What the controller, its store and the wire did meanwhile."""

    def __init__(self, controller, store, outside):
        self._controller, self._store, self._outside = controller, store, outside

    def around(self, step):
        pid = self._controller.process.pid
        before = self._counters(pid)
        result = step()
        if self._controller.process.pid != pid:  # began at nothing
            before["controller_cpu_s"] = 0
        after = self._counters(self._controller.process.pid)
        result.update({name: round(after[name] - before[name], 3) for name in after})
        result["controller_rss_kib"] = rss_kib(self._controller.process.pid)
        return result

    def _counters(self, pid):
        done = self._outside.run(["ip", "-j", "-s", "link", "show", "dev", DEVICE])
        stats = json.loads(done.stdout)[0]["stats64"]
        return {"wall_s": time.monotonic(), "controller_cpu_s": cpu_s([pid]),
                "store_cpu_s": cpu_s(self._store.pids()),
                "bytes_to_agents": stats["rx"]["bytes"],
                "bytes_to_controller": stats["tx"]["bytes"]}
