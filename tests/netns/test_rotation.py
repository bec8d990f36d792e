# SPDX-License-Identifier: Apache-2.0
"""Lane keys change, make before break: under load nothing is lost, whoever dies meanwhile."""

import signal

import pytest
from topology.cluster import all_connected, build_cluster
from topology.joined_node import SECOND_KEYS
from topology.lane_keys import is_settled, keys_of, knows, ports_of, rotate, wait_changed
from topology.load import Load
from topology.shell import until

NAMES = ("alpha", "beta", "gamma")


@pytest.fixture
def cluster(request):
    topology = build_cluster(request.node.nodeid, NAMES)
    for node in topology.nodes.values():
        node.wait_saved()
    yield topology
    topology.close()


def waits_of(node):
    return {wait["peer"]: wait["why"] for wait in node.coax("key")["waits"]}


def test_keys_change_and_change_back_under_load(request):
    topology = build_cluster(request.node.nodeid, ("alpha", "beta"))
    try:
        alpha, beta = topology.nodes.values()
        load = Load(topology)
        first = ports_of(alpha)
        second = [port + SECOND_KEYS for port in first]
        for ports in (second, first):
            old = rotate(alpha)
            wait_changed(alpha, old)
            assert ports_of(alpha) == ports
            for node in (alpha, beta):
                until(lambda n=node: not knows(n, old), f"{node.name} has no old key")
            load.stream_goes_on()
        load.stop_and_assert_nothing_lost()
        assert alpha.coax_run("diff", check=False).returncode == 0
    finally:
        topology.close()


def test_two_change_at_once_while_agents_are_killed(cluster):
    alpha, beta, gamma = (cluster.nodes[name] for name in NAMES)
    load = Load(cluster)
    old = {node: rotate(node) for node in (alpha, beta)}
    for node in (gamma, alpha, beta, alpha):
        node.kill()
        node.start()
    for node, keys in old.items():
        wait_changed(node, keys)
    load.stream_goes_on()
    load.stop_and_assert_nothing_lost()
    all_connected([alpha, beta, gamma])


def test_old_keys_are_kept_for_who_does_not_know_the_next(cluster):
    alpha, beta, gamma = (cluster.nodes[name] for name in NAMES)
    load = Load(cluster, ("alpha", "gamma"))
    gamma.agent.send_signal(signal.SIGSTOP)
    old = rotate(alpha)
    until(lambda: "gamma" in waits_of(alpha) and "beta" not in waits_of(alpha),
          "only gamma is waited for")
    load.stream_goes_on()
    assert not is_settled(alpha) and keys_of(alpha) == old
    gamma.agent.send_signal(signal.SIGCONT)
    wait_changed(alpha, old)
    load.stop_and_assert_nothing_lost()
    all_connected([alpha, beta, gamma])


def test_change_survives_reboots_of_both_ends(cluster):
    alpha, beta, gamma = (cluster.nodes[name] for name in NAMES)
    wait_changed(alpha, rotate(alpha))
    for node in (alpha, beta):
        until(lambda n=node: n.control()["survives_reboot"], f"{node.name} has saved its view")
        node.coax_run("down", "--yes")
        node.agent.wait(timeout=60)
        node.start()
        until(lambda n=node: len(n.peers()) == 2, f"{node.name} has its peers")
        node.wait_for_port("red-c")
    assert ports_of(alpha) == [port + SECOND_KEYS for port in ports_of(gamma)]
    all_connected([alpha, beta, gamma])


def test_without_a_controller_no_change_begins(cluster, controller):
    alpha = cluster.nodes["alpha"]
    controller.kill()
    until(lambda: alpha.control()["state"] != "welcome", "alpha has lost the controller")
    before = keys_of(alpha)
    refused = alpha.coax_run("key", "rotate", check=False)
    assert refused.returncode != 0 and "no controller is connected" in refused.stderr
    assert is_settled(alpha) and keys_of(alpha) == before
