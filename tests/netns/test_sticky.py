# SPDX-License-Identifier: Apache-2.0
"""Traffic never depends on the controller, and a peer goes only when it is gone on both sides."""

import itertools
import os
import signal
import time

import pytest
from topology.cluster import all_connected, build_cluster, reaches
from topology.load import Load
from topology.shell import until

LEASE_S = 3
# How long the control plane is away under load. The real figure is ten minutes; CI takes less.
AWAY_S = float(os.environ.get("COAX_TEST_AWAY_S", "15"))
NAMES = ("alpha", "beta", "gamma")


@pytest.fixture
def cluster(request):
    topology = build_cluster(request.node.nodeid, NAMES, lease_s=LEASE_S)
    for node in topology.nodes.values():
        node.wait_saved()
    yield topology
    topology.close()


def passes(seconds):
    """A condition for until(): that much time is over, and nothing else."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


def hold(condition, seconds, what):
    """`condition` is true all the time."""
    over = passes(seconds)
    while not over():
        assert condition(), what


def test_traffic_and_peers_outlive_the_control_plane(cluster, controller):
    alpha, beta, gamma = (cluster.nodes[name] for name in NAMES)
    loads = [Load(cluster, pair) for pair in itertools.combinations(NAMES, 2)]
    controller.kill()
    gamma.kill()
    gamma.start()  # a restart while nobody can tell it anything
    until(lambda: set(gamma.peers()) == {"alpha", "beta"}, "gamma has its peers")
    all_connected([alpha, beta, gamma])
    assert gamma.control()["state"] != "welcome"
    until(passes(AWAY_S), f"{AWAY_S} s are over", AWAY_S + 60)
    for load in loads:
        load.stream_goes_on()
    for load in loads:
        load.stop_and_assert_nothing_lost()
    controller.start()
    until(lambda: controller.states() == dict.fromkeys(NAMES, "online"), "all are back")
    all_connected([alpha, beta, gamma])


def test_reboot_without_a_controller_brings_the_peers_back(cluster, controller):
    alpha, beta, gamma = (cluster.nodes[name] for name in NAMES)
    controller.kill()
    gamma.coax_run("down", "--yes")  # all of it: what a reboot takes
    gamma.agent.wait(timeout=60)
    gamma.start()
    until(lambda: set(gamma.peers()) == {"alpha", "beta"}, "gamma has its peers")
    gamma.wait_for_port("red-c")
    all_connected([alpha, beta, gamma])


def test_wiped_store_is_filled_again_and_nobody_is_removed(cluster, controller):
    nodes = [cluster.nodes[name] for name in NAMES]
    before = {node.name: node.node_id for node in nodes}
    controller.kill()
    controller.wipe_store()
    controller.start()
    until(lambda: controller.states() == dict.fromkeys(NAMES, "online"), "all are known again")
    again = {node["name"]: node["id"] for node in controller.coax("nodes")["nodes"]}
    assert again == before
    hold(lambda: all(len(node.peers()) == 2 for node in nodes), 2 * LEASE_S, "peers are kept")
    all_connected(nodes)


def test_two_that_cannot_reach_each_other_forget_nobody(cluster, controller):
    alpha, beta, gamma = (cluster.nodes[name] for name in NAMES)
    block(alpha, beta)
    block(beta, alpha)
    until(lambda: not reaches(alpha, beta), "alpha and beta are cut off from each other")
    hold(lambda: len(alpha.peers()) == 2 and len(beta.peers()) == 2, 3 * LEASE_S,
         "neither forgets the other")
    assert reaches(alpha, gamma) and reaches(beta, gamma)


def test_dead_node_is_gone_everywhere_with_the_reason(cluster, controller):
    alpha, beta, gamma = (cluster.nodes[name] for name in NAMES)
    beta.kill()
    beta.namespace.ip("link set dev eth0 down")
    until(lambda: controller.states()["beta"] == "offline", "the lease of beta is over")
    for node in (alpha, gamma):
        until(lambda n=node: "beta" not in n.peers(), f"{node.name} has forgotten beta")
        assert "lease_expired" in node.log()
    assert reaches(alpha, gamma)


def test_stopped_agent_is_present_again_with_its_first_message(cluster, controller):
    alpha, beta, gamma = (cluster.nodes[name] for name in NAMES)
    beta.agent.send_signal(signal.SIGSTOP)
    until(lambda: controller.states()["beta"] == "offline", "the lease of beta is over")
    hold(lambda: {"beta", "gamma"} == set(alpha.peers()), 3 * LEASE_S,
         "alpha keeps beta, whose data path answers")
    assert reaches(alpha, beta)
    beta.agent.send_signal(signal.SIGCONT)
    until(lambda: controller.states()["beta"] == "online", "beta is back")
    all_connected([alpha, beta, gamma])


def block(node, other):
    """Drops what `other` sends to `node` before anybody sees it."""
    node.namespace.run(["nft", "add", "table", "netdev", "block"])
    node.namespace.run(["nft", "add", "chain", "netdev", "block", "in",
                        "{ type filter hook ingress device eth0 priority -500; }"])
    node.namespace.run(["nft", "add", "rule", "netdev", "block", "in", "ip", "saddr",
                        other.endpoint_for(node).rsplit(":", 1)[0], "drop"])
