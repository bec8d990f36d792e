# SPDX-License-Identifier: Apache-2.0
"""Bad input is an error that names file, line, key and what was expected; nothing changes."""

import copy
import os
import re
import socket

import pytest
from conftest import build_pair
from topology import toml
from topology.binaries import binary
from topology.inspect import kernel_objects


@pytest.fixture
def alpha(make_pair):
    """A node that is configured and not started."""
    return make_pair(start=False).nodes["alpha"]


@pytest.fixture(scope="module")
def sample(request):
    """A node that never starts; its configuration is copied and broken."""
    topology = build_pair(request.node.nodeid, start=False)
    yield topology.nodes["alpha"]
    topology.close()


def check_file(node, path):
    return node.namespace.run([binary("coaxd"), "--check", "--config", path], check=False)


def check(node, tmp_path, config):
    path = tmp_path / "coax.toml"
    path.write_text(toml.dumps(config))
    return path, check_file(node, path)


def start(node):
    node.write_config()
    return node.namespace.run([binary("coaxd"), "--config", node.config_path], check=False)


def test_good_configuration_passes_the_check(sample, tmp_path):
    _, done = check(sample, tmp_path, sample.config)
    assert done.returncode == 0, done.stderr


# name -> (what is done to the configuration, words the message must have)
BROKEN = {
    "unknown key": (lambda c: c["node"].update(colour="red"), ["node.colour"]),
    "unknown section": (lambda c: c.update(colours={"a": 1}), ["colours"]),
    "wrong type": (lambda c: c["node"].update(id="one"), ["node.id", "integer"]),
    "no node id": (lambda c: c["node"].pop("id"), ["node.id"]),
    "node id zero": (lambda c: c["node"].update(id=0), ["node.id"]),
    "node id too large": (lambda c: c["node"].update(id=1 << 24), ["node.id"]),
    "no uplink": (lambda c: c["underlay"].pop("uplinks"), ["underlay.uplinks"]),
    "too many lanes": (lambda c: c["wireguard"].update(lanes=9), ["wireguard.lanes", "8"]),
    "unknown backend": (lambda c: c["wireguard"].update(backend="ipsec"),
                        ["wireguard.backend", "ipsec"]),
    "bad instance name": (lambda c: c["node"].update(instance="Not-Ours"), ["node.instance"]),
    "duplicate peer id": (lambda c: c["peer"].append(dict(c["peer"][0], name="other")), ["id"]),
    "duplicate peer name": (lambda c: c["peer"].append(dict(c["peer"][0], id=9)), ["beta"]),
    "peer with our id": (lambda c: c["peer"][0].update(id=1), ["id"]),
    "peer with our name": (lambda c: c["peer"][0].update(name="alpha"), ["alpha"]),
    "bad peer key": (lambda c: c["peer"][0].update(keys=["short"]), ["keys"]),
    "bad endpoint": (lambda c: c["peer"][0].update(endpoint="nowhere"), ["endpoint", "nowhere"]),
    "VNI zero": (lambda c: c["network"][0].update(vni=0), ["vni"]),
    "VNI too large": (lambda c: c["network"][0].update(vni=1 << 24), ["vni", "16777215"]),
    "duplicate VNI": (lambda c: c["network"].append(dict(c["network"][0], name="two")), ["vni"]),
    "duplicate network name": (lambda c: c["network"].append(dict(c["network"][0], vni=5)),
                               ["red"]),
    "bad subnet": (lambda c: c["network"][0].update(subnets=["10.1.0.0/99"]), ["subnets"]),
    "overlapping subnets in one network":
        (lambda c: c["network"][0].update(subnets=["10.1.0.0/16", "10.1.2.0/24"]), ["10.1.2.0/24"]),
    "subnet that overlaps the VTEP pool":
        (lambda c: c["network"][0].update(subnets=["100.64.1.0/24"]), ["100.64"]),
    "unknown member": (lambda c: c["network"][0].update(members=["zeta"]), ["zeta"]),
    "unknown flood mode": (lambda c: c["network"][0].update(flood="some"), ["flood", "some"]),
    "port in an unknown network": (lambda c: c["port"][0].update(network="green"), ["green"]),
    "unknown port kind": (lambda c: c["port"][0].update(kind="tun"), ["kind", "tun"]),
    "netns port without netns": (lambda c: c["port"][0].pop("netns"), ["netns"]),
    "multicast MAC": (lambda c: c["port"][0].update(mac="01:00:00:00:00:01"), ["mac"]),
    "duplicate port name": (lambda c: c["port"].append(dict(c["port"][0], ifname="eth9")),
                            ["red-c"]),
    "duplicate MAC": (lambda c: c["port"].append(dict(c["port"][0], name="two", ifname="eth9")),
                      ["mac"]),
    "interface name too long": (lambda c: c["port"][0].update(ifname="sixteen-letters-"),
                                ["ifname"]),
    "bad address": (lambda c: c["port"][0].update(addresses=["10.1.0.300/24"]), ["addresses"]),
    "MTU too small": (lambda c: c["underlay"].update(mtu=500), ["underlay.mtu"]),
}


@pytest.mark.parametrize("name", BROKEN)
def test_check_refuses(sample, tmp_path, name):
    change, words = BROKEN[name]
    config = copy.deepcopy(sample.config)
    change(config)
    path, done = check(sample, tmp_path, config)
    assert done.returncode == 2, done.stdout + done.stderr
    assert re.search(re.escape(str(path)) + r":\d+", done.stderr), done.stderr
    for word in words + ["expected"]:
        assert word in done.stderr
    assert len(done.stderr.splitlines()) < 10


def test_check_of_a_file_that_is_not_toml_names_the_line(sample, tmp_path):
    path = tmp_path / "coax.toml"
    path.write_text(toml.dumps(sample.config) + "\n[[[\n")
    done = check_file(sample, path)
    assert done.returncode == 2
    assert re.search(re.escape(str(path)) + r":\d+", done.stderr)


def test_check_of_a_missing_file_names_it(sample):
    done = check_file(sample, "/nonexistent.toml")
    assert done.returncode == 2
    assert "/nonexistent.toml" in done.stderr


def assert_start_fails(node, words):
    before = kernel_objects(node)
    done = start(node)
    assert done.returncode not in (0, -6, -11), done.stderr
    for word in words:
        assert word in done.stderr
    assert kernel_objects(node) == before, "a start that fails must leave nothing behind"


def test_missing_uplink_is_named_and_nothing_is_made(alpha):
    alpha.config["underlay"]["uplinks"] = ["eth7"]
    assert_start_fails(alpha, ["eth7"])


def test_key_file_that_others_can_read_is_refused(alpha):
    path = f"{alpha.state_dir}/keys/lane0.key"
    os.chmod(path, 0o644)
    assert_start_fails(alpha, [path, "0600"])


def test_key_directory_that_others_can_read_is_refused(alpha):
    path = f"{alpha.state_dir}/keys"
    os.chmod(path, 0o755)
    assert_start_fails(alpha, [path, "0700"])


def test_busy_udp_port_is_named(alpha):
    sock = alpha.namespace.call(socket.socket, socket.AF_INET, socket.SOCK_DGRAM)
    with sock:
        sock.bind(("0.0.0.0", alpha.listen_port))
        assert_start_fails(alpha, [str(alpha.listen_port)])


def test_uplink_with_an_mtu_too_small_is_named(alpha):
    alpha.namespace.ip("link set dev eth0 mtu 600")
    assert_start_fails(alpha, ["eth0", "600"])


def test_missing_capability_is_named(alpha):
    alpha.write_config()
    done = alpha.namespace.run(
        ["setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin",
         binary("coaxd"), "--config", alpha.config_path], check=False)
    assert done.returncode not in (0, -6, -11)
    assert "CAP_NET_ADMIN" in done.stderr.upper()


def test_keys_are_made_private_at_the_first_start(alpha):
    for path in (f"{alpha.state_dir}/keys/lane0.key", f"{alpha.state_dir}/keys"):
        os.unlink(path) if os.path.isfile(path) else os.rmdir(path)
    alpha.start()
    assert os.stat(f"{alpha.state_dir}/keys").st_mode & 0o777 == 0o700
    assert os.stat(f"{alpha.state_dir}/keys/lane0.key").st_mode & 0o777 == 0o600
    key = alpha.coax("key")["keys"][0]["public_key"]
    assert alpha.namespace.run(["wg", "show", alpha.lane_device(),
                                "public-key"]).stdout.strip() == key


def test_two_nodes_are_set_up_with_the_stanzas_of_coax_key(make_pair):
    """The operator's way: start both, exchange what `coax key` prints, reload."""
    from topology.shell import until
    from topology.traffic import ping
    pair = make_pair(start=False)
    nodes = list(pair.nodes.values())
    for node in nodes:
        node.config["peer"] = []
        node.start()
    for node, other in (nodes, nodes[::-1]):
        stanza = other.coax("key")["peer_stanza"]
        assert "[[peer]]" in stanza and f'"{other.name}"' in stanza
        node.config["peer"] = []
        node.write_config()
        with open(node.config_path, "a", encoding="utf-8") as file:
            file.write("\n" + with_endpoint(stanza, other.endpoint_for(node)))
        node.agent.send_signal(1)
    a, b = [node.attachment("red-c") for node in nodes]
    until(lambda: ping(a.namespace, b.ipv4, wait_s=1).received, "they reach each other")


def with_endpoint(stanza, endpoint):
    """What the operator edits: the address is not known to the node itself."""
    lines = [line for line in stanza.splitlines() if not re.match(r"\s*#?\s*endpoint", line)]
    return "\n".join(lines + [f'endpoint = "{endpoint}"']) + "\n"
