# SPDX-License-Identifier: Apache-2.0
"""Joining: from nothing to traffic, and who is refused, with what he is told."""

import base64
import hashlib
import os
import signal
import struct
import time

import pytest
from topology.binaries import binary
from topology.cluster import add_ports, all_connected, build_cluster, reaches
from topology.shell import run, until


@pytest.fixture(scope="module")
def cluster(request):
    """Three nodes that joined."""
    topology = build_cluster(request.node.nodeid, ("alpha", "beta", "gamma"))
    yield topology
    topology.close()


def certify(controller, node, *options, ca=None, name=None):
    """An identity and a certificate of it, made before the node ever speaks to a controller, with
    plain ssh-keygen: what who runs an SSH CA has already."""
    folder = f"{node.state_dir}/control"
    os.makedirs(folder, mode=0o700, exist_ok=True)
    identity = f"{folder}/identity"
    if not os.path.exists(identity):
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", identity])
    run(["ssh-keygen", "-q", "-s", ca or controller.ca, "-h", "-I", node.name, "-n",
         name or node.name, *(options or ("-V", "+52w")), f"{identity}.pub"])
    return node


def refused(controller, node, token=None):
    """What a node is told that must not become one; nothing of it is left in the overlay."""
    done = node.join(token or controller.token(), "--timeout", "30", check=False)
    assert done.returncode != 0, done.stdout
    assert not os.path.exists(node.config_path)
    assert node.name not in controller.states()
    return done.stderr


def digests(nodes):
    return {node.name: hashlib.sha256(open(node.config_path, "rb").read()).hexdigest()
            for node in nodes}


def test_three_nodes_are_connected_after_the_ceremony(cluster, controller):
    all_connected(cluster.nodes.values())
    assert controller.states() == dict.fromkeys(cluster.nodes, "online")
    for node in cluster.nodes.values():
        assert node.control()["state"] == "welcome"
        node.wait_saved()
        assert node.control()["survives_reboot"]
        assert set(node.peers()) == set(cluster.nodes) - {node.name}


def test_new_node_has_traffic_with_all_and_no_file_is_edited(cluster, controller):
    others = [cluster.nodes[name] for name in ("alpha", "beta", "gamma")]
    before = digests(others)
    node = certify(controller, cluster.joined_node("delta"))
    node.join(controller.token())
    began = time.monotonic()
    node.start()
    add_ports(cluster, controller, [node])
    for other in others:
        until(lambda o=other: reaches(node, o) and reaches(o, node), f"delta and {other.name}")
    print(f"traffic with all others {time.monotonic() - began:.1f} s after the start")
    assert digests(others) == before


def test_join_may_be_ended_and_run_again(cluster, controller):
    node = cluster.joined_node("epsilon")
    token = controller.token()
    node.begin_join(token)
    until(lambda: controller.states().get("epsilon") == "pending", "epsilon waits")
    node.joining.send_signal(signal.SIGKILL)
    node.joining.communicate(timeout=60)
    assert not os.path.exists(node.config_path)
    controller.approve("epsilon")
    node.join(token)
    identity = open(f"{node.state_dir}/control/identity", "rb").read()
    os.unlink(node.config_path)  # as if it had been killed before the last file
    node.join(token)
    assert open(f"{node.state_dir}/control/identity", "rb").read() == identity
    assert os.stat(f"{node.state_dir}/control/identity").st_mode & 0o777 == 0o600


def test_operator_sees_the_key_that_the_node_shows(cluster, controller):
    node = cluster.joined_node("zeta")
    node.begin_join(controller.token())
    until(lambda: controller.states().get("zeta") == "pending", "zeta waits")
    shown = controller.coax("nodes", "show", "zeta")["fingerprint"]
    wrong = controller.coax_run("nodes", "approve", "zeta=SHA256:" + "A" * 43, "--ca",
                                controller.ca, check=False)
    assert "nothing was signed" in wrong.stderr
    controller.approve(f"zeta={shown}")
    assert f"coax nodes approve zeta={shown}" in node.finish_join()


def test_token_is_good_for_so_many_nodes_only(cluster, controller):
    token = controller.token(uses=1)
    certify(controller, cluster.joined_node("eta")).join(token)
    again = refused(controller, certify(controller, cluster.joined_node("theta")), token)
    assert "coax token create" in again
    tokens = {row["id"]: row for row in controller.coax("tokens")["tokens"]}
    assert ["eta"] in [row["used_by"] for row in tokens.values()]


def test_unknown_token_is_refused(cluster, controller):
    token = controller.token()
    row = controller.coax("tokens")["tokens"]
    for one in row:
        controller.coax("tokens", "delete", one["id"])
    node = certify(controller, cluster.joined_node("iota"))
    assert "coax token create" in refused(controller, node, token)


def test_certificate_of_another_ca_is_refused(cluster, controller):
    other = f"{cluster.directory}/other-ca"
    run([binary("coax"), "ca", "init", "--ca", other])
    node = certify(controller, cluster.joined_node("kappa"), ca=other)
    said = refused(controller, node)
    fingerprint = run(["ssh-keygen", "-lf", f"{other}.pub"]).stdout.split()[1]
    assert fingerprint in said


def test_certificate_for_somebody_else_is_refused(cluster, controller):
    node = certify(controller, cluster.joined_node("lambda"), name="somebody")
    assert "somebody" in refused(controller, node)


def test_expired_certificate_is_refused(cluster, controller):
    node = certify(controller, cluster.joined_node("mu"), "-V", "20200101:20200201")
    assert "was valid until 2020-02-01" in refused(controller, node)


def test_certificate_of_a_user_is_refused(cluster, controller):
    node = cluster.joined_node("nu")
    certify(controller, node)
    identity = f"{node.state_dir}/control/identity"
    run(["ssh-keygen", "-q", "-s", controller.ca, "-I", "nu", "-n", "nu", "-V", "+1d",
         f"{identity}.pub"])
    assert "host" in refused(controller, node)


def test_name_of_another_node_is_refused(cluster, controller):
    node = cluster.joined_node("alpha2")
    certify(controller, node, name="alpha")
    done = node.join(controller.token(), "--timeout", "30", check=False, name="alpha")
    assert done.returncode != 0
    assert "alpha" in done.stderr
    assert controller.states()["alpha"] == "online"


def test_other_configuration_is_not_overwritten(cluster, controller):
    node = certify(controller, cluster.joined_node("xi"))
    with open(node.config_path, "w", encoding="ascii") as file:
        file.write("[node]\nid = 3\nname = \"other\"\n")
    done = node.join(controller.token(), check=False)
    assert done.returncode == 1
    assert "not overwritten" in done.stderr
    assert open(node.config_path, encoding="ascii").read() == "[node]\nid = 3\nname = \"other\"\n"


def test_nothing_secret_is_in_log_store_metric_or_audit(cluster, controller):
    token = controller.token()
    secrets = [token]
    node = certify(controller, cluster.joined_node("omicron"))
    node.join(token)
    secrets.append(secret_of(token))
    for one in cluster.nodes.values():
        identity = f"{one.state_dir}/control/identity"
        if os.path.exists(identity):
            secrets += private_lines(identity)
    secrets += private_lines(controller.ca) + private_lines(f"{controller.data}/controller-key.pem")
    metrics = controller.namespace.run(["curl", "-s", "http://127.0.0.1:9788/metrics"]).stdout
    assert "coax_" in metrics
    texts = {"controller's log": controller.log(), "metrics": metrics,
             "audit": controller.coax_run("audit", "--limit", "10000").stdout,
             "tokens": controller.coax_run("tokens", "--json").stdout}
    texts |= {f"log of {one.name}": one.log() for one in cluster.nodes.values()
              if os.path.exists(one.log_path)}
    for name in os.listdir(controller.data):
        if name.startswith("store.db"):
            content = open(f"{controller.data}/{name}", "rb").read()
            texts[name] = content.decode("latin-1")
    found = [(where, index) for where, text in texts.items()
             for index, secret in enumerate(secrets) if secret in text]
    assert not found


def secret_of(token):
    """The part of a token that is: "ID.SECRET", less the public ID."""
    text = token[len("coax1-"):]
    body = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    fields, offset = [], 0
    while offset < len(body) - 4:
        length = struct.unpack_from("!I", body, offset)[0]
        fields.append(body[offset + 4:offset + 4 + length])
        offset += 4 + length
    return fields[4].decode().split(".", 1)[1]


def private_lines(path):
    """Lines of a key file that nobody else's have: not the first ones, which name the type."""
    with open(path, encoding="ascii") as file:
        lines = [line.strip() for line in file if not line.startswith("-----")]
    return [line for line in lines[1:] if len(line) > 40]
