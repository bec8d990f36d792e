# SPDX-License-Identifier: Apache-2.0
"""Several lanes: flows spread, every lane carries, and unequal numbers meet at the smaller one."""

import json

import pytest
from topology.losses import namespaces_of, socket_overflows
from topology.traffic import iperf, lost_datagrams, ping


def lane_bytes(node):
    """Bytes WireGuard sent, per lane device."""
    links = json.loads(node.namespace.run(["ip", "-j", "-s", "link"]).stdout)
    by_name = {link["ifname"]: link["stats64"]["tx"]["bytes"] for link in links}
    return [by_name[node.lane_device(lane)] for lane in range(node.lanes)]


def ends(topology):
    return [node.attachment("red-c") for node in topology.nodes.values()]


def assert_reachable(topology):
    a, b = ends(topology)
    for source, target in ((a, b), (b, a)):
        for address in (target.ipv4, target.ipv6):
            assert ping(source.namespace, address, count=3, interval_s=0.2).lost == 0


def run_flows(topology):
    """64 flows, IPv4 and IPv6."""
    a, b = ends(topology)
    for address in (b.ipv4, b.ipv6):
        iperf(a.namespace, b.namespace, address, seconds=2, arguments=["-P", "32"])


@pytest.mark.kernel_wireguard
def test_four_lanes_share_the_flows_and_all_carry(make_pair):
    topology = make_pair(alpha={"lanes": 4}, beta={"lanes": 4})
    assert_reachable(topology)
    alpha = topology.nodes["alpha"]
    before, drops = lane_bytes(alpha), alpha.drops()
    run_flows(topology)
    carried = [after - start for after, start in zip(lane_bytes(alpha), before)]
    assert min(carried) > sum(carried) * 0.02, carried
    status = alpha.coax("status")
    assert [lane["listen_port"] for lane in status["lanes"]] == alpha.udp_ports
    assert len({lane["public_key"] for lane in status["lanes"]}) == 4
    assert alpha.drops() == drops


def test_nodes_with_four_and_two_lanes_use_the_two_they_share(make_pair):
    topology = make_pair(alpha={"lanes": 4}, beta={"lanes": 2})
    assert_reachable(topology)
    alpha = topology.nodes["alpha"]
    before = lane_bytes(alpha)
    run_flows(topology)
    carried = [after - start for after, start in zip(lane_bytes(alpha), before)]
    assert min(carried[:2]) > sum(carried) * 0.02, carried
    assert carried[2:] == [0, 0]
    assert_reachable(topology)


def test_one_flow_stays_in_order_on_one_lane(make_pair):
    topology = make_pair(alpha={"lanes": 4}, beta={"lanes": 4})
    a, b = ends(topology)
    overflowed = socket_overflows(namespaces_of(a, b))
    report = iperf(a.namespace, b.namespace, b.ipv4, seconds=2,
                   arguments=["-u", "-b", "2M", "-l", "1000"])
    assert report["end"]["streams"][0]["udp"]["out_of_order"] == 0
    lost, sent = lost_datagrams(report)
    assert sent > 0
    assert lost <= socket_overflows(namespaces_of(a, b)) - overflowed
