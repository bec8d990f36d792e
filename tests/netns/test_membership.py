# SPDX-License-Identifier: Apache-2.0
"""From the day a node joins until it is revoked, with the keys it changes meanwhile."""

import pytest
from topology.cluster import all_connected, build_cluster
from topology.lane_keys import knows, rotate, wait_changed
from topology.shell import until
from topology.traffic import SteadyPing


@pytest.mark.kernel_wireguard
def test_nodes_join_change_keys_and_a_revoked_one_is_cut_everywhere(request):
    topology = build_cluster(request.node.nodeid, ("alpha", "beta", "gamma"))
    try:
        alpha, beta, gamma = topology.nodes.values()
        all_connected([alpha, beta, gamma])
        controller = topology.controllers["controller"]

        near, far = (node.attachment("red-c") for node in (alpha, beta))
        pings = [SteadyPing(near.namespace, far.ipv4, interval_s=0.5),
                 SteadyPing(far.namespace, near.ipv6, interval_s=0.5, size=1000)]
        old = rotate(alpha)
        wait_changed(alpha, old)
        for node in (alpha, beta):
            until(lambda n=node: not knows(n, old), f"{node.name} has no old key")
        before = [max(ping.answered(), default=0) for ping in pings]
        for ping, number in zip(pings, before):
            until(lambda p=ping, n=number: max(p.answered(), default=0) > n, "the pings go on")
            answered, lost = ping.stop()
            assert answered > 0 and lost == 0

        revocations = f"{topology.directory}/coax-revocations"
        controller.coax_run("ca", "revoke", f"{gamma.state_dir}/control/identity.pub", "--ca",
                            controller.ca, "--list", revocations)
        controller.coax("revocations", "push", revocations)
        for node in (alpha, beta):
            until(lambda n=node: "gamma" not in n.peers(), f"{node.name} has cut gamma")
        all_connected([alpha, beta])
    finally:
        topology.close()
