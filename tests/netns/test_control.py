# SPDX-License-Identifier: Apache-2.0
"""Operators' verbs against a real controller and real agents."""

import json

import pytest
from topology.cluster import add_ports, all_connected, build_cluster
from topology.shell import run, until

NAMES = ("alpha", "beta")


@pytest.fixture(scope="module")
def cluster(request):
    topology = build_cluster(request.node.nodeid, NAMES)
    yield topology
    topology.close()


def test_network_and_ports_are_made_and_removed_from_anywhere(cluster, controller):
    nodes = [cluster.nodes[name] for name in NAMES]
    controller.network(cluster.network("blue", 200, "10.2.0", "2001:db8:2:"))
    add_ports(cluster, controller, nodes, "blue", "blue-c")
    controller.coax_run("wait", "port", "alpha", "blue-c")
    cluster.settle()
    # What the agents have said is in the store by now: a revision that nobody is told of.
    controller.coax_run("wait", "applied")
    refused = controller.coax_run("networks", "delete", "blue", check=False)
    assert refused.returncode == 1 and "blue-c" in refused.stderr
    for node in nodes:
        controller.coax("ports", "delete", node.name, "blue-c")
        until(lambda n=node: "blue-c" not in {p["name"] for p in n.coax("ports")["ports"]},
              f"{node.name} has removed its port")
    controller.coax("networks", "delete", "blue")
    until(lambda: "blue" not in {n["name"] for n in nodes[0].coax("status")["networks"]},
          "alpha has no network blue")


def test_port_that_cannot_be_made_says_why(cluster, controller):
    controller.coax("ports", "create", "alpha", "odd", "--network", "red", "--netns", "nowhere")
    until(lambda: any("nowhere" in port["error"] for port in
                      controller.coax("ports", "list", "--node", "alpha")["ports"]),
          "the operator sees what the agent says")
    controller.coax("ports", "delete", "alpha", "odd")


def test_what_cannot_be_is_refused_with_the_reason(cluster, controller):
    rows = [
        (["networks", "create", "red", "--vni", "101"], "red"),
        (["networks", "create", "other", "--vni", "100"], "100"),
        (["networks", "create", "bad", "--subnet", "10.1.0.0/99"], "10.1.0.0/99"),
        (["ports", "create", "alpha", "p", "--network", "nowhere"], "nowhere"),
        (["ports", "create", "omega", "p", "--network", "red"], "omega"),
        (["nodes", "remove", "omega"], "omega"),
        (["tokens", "delete", "nothing"], "nothing"),
    ]
    before = controller.coax("controller")["revision"]
    for arguments, named in rows:
        done = controller.coax_run(*arguments, check=False)
        assert done.returncode == 1, arguments
        assert named in done.stderr, done.stderr
    assert controller.coax("networks")["networks"][0]["vni"] == 100
    assert controller.coax("controller")["revision"] >= before


def test_audit_tells_who_changed_what(cluster, controller):
    controller.coax("networks", "create", "green", "--vni", "300")
    controller.coax("networks", "delete", "green")
    lines = controller.coax("audit", "--object", "network green")["lines"]
    assert len(lines) == 2
    assert all(line["who"].startswith("operator") for line in lines)


def test_why_tells_what_decides_about_a_peer(cluster):
    alpha = cluster.nodes["alpha"]
    peer = alpha.coax("why", "beta")["peers"][0]
    assert peer["source"] == "controller" and peer["programmed"] and not peer["reason"]
    assert "beta" in peer["certificate"]["principals"]
    assert peer["binding"]["lane_keys"]
    assert alpha.coax_run("why", "nobody", check=False).returncode == 1


def test_diff_sees_what_somebody_else_changed(cluster):
    alpha = cluster.nodes["alpha"]
    until(lambda: alpha.coax_run("diff", check=False).returncode == 0, "no difference")
    device = alpha.lane_device()
    peers = alpha.namespace.run(["wg", "show", device, "peers"]).stdout.split()
    # The agent repairs it soon; what counts is that it is seen until then.
    def seen():
        alpha.namespace.run(["wg", "set", device, "peer", peers[0], "remove"])
        return json.loads(alpha.coax_run("diff", "--json", check=False).stdout)["lines"]
    assert any("beta" in line["what"] for line in until(seen, "the missing peer is seen"))
    until(lambda: alpha.coax_run("diff", check=False).returncode == 0, "it is repaired")
    all_connected(cluster.nodes.values())


def test_operator_logs_in_from_another_machine(cluster, controller, tmp_path):
    key = tmp_path / "alice"
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "alice", "-f", key])
    with open(f"{controller.data}/operators", "a", encoding="ascii") as file:
        file.write("read-only " + key.with_suffix(".pub").read_text())
    controller.terminate()
    controller.start()
    file = tmp_path / "controller.toml"
    coax = cluster.nodes["alpha"].coax_run
    coax("login", controller.address, "--tls", f"{controller.data}/controller.pem", "--key",
         str(key), "--out", str(file))
    assert "alpha" in coax("nodes", "--controller", str(file)).stdout
    refused = coax("networks", "create", "x", "--controller", str(file), check=False)
    assert refused.returncode == 1 and "read-only" in refused.stderr
