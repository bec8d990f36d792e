# SPDX-License-Identifier: Apache-2.0
"""A controller under an attacker's hand, with the TLS key of the real one: nothing that the CA did
not certify becomes a peer, and what is revoked is cut all the same."""

import shutil
import signal

import pytest
from topology.cluster import all_connected, build_cluster
from topology.hostile import HostileController
from topology.shell import until

NAMES = ("alpha", "beta", "gamma")
ROUNDS = 40  # four of each lie, for all nodes together


@pytest.fixture
def cluster(request):
    topology = build_cluster(request.node.nodeid, NAMES)
    yield topology
    topology.close()


@pytest.fixture
def hostile(cluster):
    controller = cluster.controllers["controller"]
    controller.kill()
    with HostileController(controller) as made:
        yield made


def keys(node):
    """{peer's WireGuard key: its allowed addresses} as the device has them."""
    shown = node.namespace.run(["wg", "show", node.lane_device(), "allowed-ips"]).stdout
    return dict(line.split("\t") for line in shown.splitlines())


def test_no_lie_adds_or_takes_away_a_peer_and_revocation_spreads(cluster, hostile):
    alpha, beta, gamma = nodes = list(cluster.nodes.values())
    before = {node.name: keys(node) for node in nodes}
    until(lambda: hostile.rounds() >= ROUNDS, "all nodes were lied to")
    for node in nodes:
        assert hostile.was_followed_by(node), node.name
        assert keys(node) == before[node.name]
        assert hostile.key not in keys(node)
    assert sum(node.control()["refused"] for node in nodes) > 0
    all_connected(nodes)
    revoke_at(alpha, gamma, cluster)
    for node in (alpha, beta):
        until(lambda n=node: "gamma" not in n.peers(), f"{node.name} has cut gamma")
        assert len(keys(node)) == 1
    assert 'control.revocations_taken version=1 from="peer alpha"' in beta.log()
    all_connected([alpha, beta])
    done = hostile.rounds()
    until(lambda: hostile.rounds() >= done + ROUNDS, "it goes on lying")
    assert len(keys(alpha)) == 1 and len(keys(beta)) == 1


def revoke_at(node, revoked, cluster):
    """The operator has one node only and no controller: puts the list there."""
    path = f"{cluster.directory}/coax-revocations"
    ca = cluster.controllers["controller"].ca
    node.coax_run("ca", "revoke", f"{revoked.state_dir}/control/identity.pub", "--ca", ca,
                  "--list", path)
    shutil.copy(path, f"{node.state_dir}/control/revocations")
    node.agent.send_signal(signal.SIGHUP)
