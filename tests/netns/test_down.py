# SPDX-License-Identifier: Apache-2.0
"""`coax down` removes everything Coax made, and nothing else."""

import glob
import json
import os

import pytest
from topology.node import UAPI_DIRECTORY
from topology.shell import run, until

FOREIGN_FILTER = "7"  # preference of somebody else's filter


def snapshot(node, container):
    """All that a node and its container have."""
    def links(namespace):
        done = run(["ip", "-n", namespace.name, "-j", "-d", "addr"])
        return [(link["ifname"], link["ifindex"], link["mtu"], link.get("xdp"),
                 sorted(address["local"] for address in link["addr_info"]))
                for link in json.loads(done.stdout)]

    def filters(link):
        return [node.namespace.run(["tc", "filter", "show", "dev", link, way]).stdout
                for way in ("ingress", "egress")]

    return {
        "links": links(node.namespace), "container": links(container),
        "filters": {name: filters(name) for name in ("eth0", "foreign0")},
        "routes": node.namespace.run(["ip", "route", "show", "table", "all"]).stdout,
        "rules": node.namespace.run(["ip", "rule"]).stdout,
        "pids": node.namespace.pids(),
    }


def add_foreign(node):
    """What other programs on the machine might have: filters on our uplink, own links, own XDP."""
    node.namespace.ip("link add name foreign0 type veth peer name foreign1",
                      "link set dev foreign0 up", "link set dev foreign1 up",
                      "addr add 203.0.113.1/24 dev foreign0")
    for link, way in (("eth0", "ingress"), ("eth0", "egress"), ("foreign0", "ingress")):
        node.namespace.run(["tc", "qdisc", "add", "dev", link, "clsact"], check=False)
        node.namespace.run(["tc", "filter", "add", "dev", link, way, "pref", FOREIGN_FILTER,
                            "protocol", "ip", "u32", "match", "ip", "dst", "203.0.113.99/32",
                            "flowid", "1:7"])


def leftovers(node):
    """Everything of the instance outside its namespace."""
    return glob.glob(f"{node.pins}*") + glob.glob(f"{UAPI_DIRECTORY}/{node.instance}-*") + \
        glob.glob(f"{node.run_dir}/*")


@pytest.mark.parametrize("agent", [
    pytest.param("running", marks=pytest.mark.kernel_wireguard), "killed"])
def test_down_removes_what_coax_made_and_nothing_else(make_pair, agent):
    pair = make_pair(start=False)
    alpha, beta = pair.nodes.values()
    pair.port(alpha, "red-h", "red", kind="host")
    add_foreign(alpha)
    container = alpha.attachment("red-c").namespace
    before = snapshot(alpha, container)
    alpha.start()
    beta.start()
    pair.settle()
    assert snapshot(alpha, container) != before
    if agent == "killed":
        alpha.kill()
    answer = alpha.coax_run("down")
    assert alpha.lane_device() in answer.stdout
    if agent == "running":
        assert alpha.agent.wait(timeout=60) == 0
    until(lambda: snapshot(alpha, container) == before, "everything is as it was")
    assert leftovers(alpha) == []
    assert os.path.exists(f"{alpha.state_dir}/keys/lane0.key"), "keys are the operator's"
    # And it can begin again.
    alpha.start()
    pair.settle()


def test_down_that_could_not_remove_all_keeps_the_run_files_for_the_next(pair):
    alpha = pair.nodes["alpha"]
    alpha.kill()
    claims = glob.glob(f"{alpha.pins}/netns/*")
    assert len(claims) == 1
    # The data path of a namespace that lives: the container's.
    other = f"{alpha.pins}/netns/{os.stat(alpha.attachment('red-c').namespace.path).st_ino}"
    os.rename(claims[0], other)
    answer = alpha.coax_run("down", check=False)
    assert answer.returncode != 0 and "not removed" in answer.stderr, answer.stderr
    assert os.path.exists(f"{alpha.run_dir}/agent.lock")
    os.rename(other, claims[0])
    alpha.coax_run("down")
    assert leftovers(alpha) == []


def test_down_of_one_instance_leaves_the_other_running(pair):
    alpha, beta = pair.nodes.values()
    b = beta.attachment("red-c").namespace
    before = snapshot_without_foreign(beta, b)
    alpha.coax_run("down")
    assert alpha.agent.wait(timeout=60) == 0
    assert snapshot_without_foreign(beta, b) == before
    assert beta.coax("status")["instance"] == beta.instance


def snapshot_without_foreign(node, container):
    node.namespace.ip("link add name foreign0 type bridge")
    try:
        return {key: value for key, value in snapshot(node, container).items() if key != "links"}
    finally:
        node.namespace.ip("link del foreign0")
