# SPDX-License-Identifier: Apache-2.0
"""SIGHUP applies the difference and nothing else."""

import pytest
from topology.inspect import kernel_objects, programs
from topology.shell import run, until
from topology.traffic import PingRun, ping


@pytest.mark.kernel_wireguard
def test_adding_a_peer_a_network_and_a_port_touches_nothing_else(pair):
    alpha, beta = pair.nodes.values()
    a, b = alpha.attachment("red-c"), beta.attachment("red-c")
    links, before = kernel_objects(alpha)["links"], programs(alpha)
    load = PingRun(a.namespace, b.ipv4, count=200, interval_s=0.03, wait_s=20)

    gamma = pair.node("gamma")
    pair.network("green", 300, "10.3.0", "2001:db8:3:")
    pair.port(gamma, "red-c", "red")
    for node in (alpha, gamma):
        pair.port(node, "green-c", "green")
    pair.connect()
    gamma.start()
    for node in (alpha, beta):
        node.reload()
    for source, target in ((alpha.attachment("green-c"), gamma.attachment("green-c")),
                           (b, gamma.attachment("red-c"))):
        until(lambda s=source, t=target: ping(s.namespace, t.ipv4, wait_s=1).received,
              f"{source} reaches {target}")

    result = load.finish()
    assert result.lost == 0, result.output
    after_links, after = kernel_objects(alpha)["links"], programs(alpha)
    assert {name: after_links[name] for name in links} == links
    assert {key: after[key] for key in before} == before
    assert len(after_links) == len(links) + 1


def test_removing_a_peer_a_network_and_a_port_takes_exactly_them(pair):
    alpha, beta = pair.nodes.values()
    before = kernel_objects(alpha)["links"]
    gamma = pair.node("gamma")
    pair.network("green", 300, "10.3.0", "2001:db8:3:")
    for node in (alpha, gamma):
        pair.port(node, "green-c", "green")
    pair.connect()
    gamma.start()
    for node in (alpha, beta):
        node.reload()
    green = alpha.attachment("green-c")
    until(lambda: ping(green.namespace, gamma.attachment("green-c").ipv4, wait_s=1).received,
          "green works")

    alpha.config["port"] = [port for port in alpha.config["port"] if port["name"] != "green-c"]
    alpha.config["network"] = [row for row in alpha.config["network"] if row["name"] != "green"]
    alpha.config["peer"] = [row for row in alpha.config["peer"] if row["name"] != "gamma"]
    alpha.reload()
    until(lambda: kernel_objects(alpha)["links"] == before, "the port is gone")
    assert "eth0" not in green.namespace.run(["ip", "link"]).stdout
    until(lambda: [peer["name"] for peer in alpha.coax("peers")["peers"]] == ["beta"], "peer gone")
    assert [row["name"] for row in alpha.coax("status")["networks"]] == ["red"]
    keys = alpha.namespace.run(["wg", "show", alpha.lane_device(), "peers"]).stdout.split()
    assert keys == beta.public_keys
    a, b = alpha.attachment("red-c"), beta.attachment("red-c")
    assert ping(a.namespace, b.ipv4, count=5, interval_s=0.05).lost == 0


BROKEN = {
    "not TOML": lambda config: None,
    "unknown key": lambda config: config["node"].update(colour="red"),
    "other instance": lambda config: config["node"].update(instance="other"),
    "other node id": lambda config: config["node"].update(id=77),
    "VNI out of range": lambda config: config["network"][0].update(vni=1 << 24),
}


@pytest.mark.parametrize("name", BROKEN)
def test_bad_configuration_changes_nothing_and_is_reported(pair, name):
    alpha = pair.nodes["alpha"]
    a, b = [node.attachment("red-c") for node in pair.nodes.values()]
    before = kernel_objects(alpha)
    BROKEN[name](alpha.config)
    alpha.write_config()
    if name == "not TOML":
        with open(alpha.config_path, "a", encoding="utf-8") as file:
            file.write("[[[")
    alpha.agent.send_signal(1)
    until(lambda: alpha.config_path in alpha.coax("status")["last_error"], "the error is shown")
    assert alpha.running()
    assert kernel_objects(alpha) == before
    assert ping(a.namespace, b.ipv4, count=3, interval_s=0.05).lost == 0


def test_good_configuration_clears_the_error_of_a_bad_one(pair):
    alpha = pair.nodes["alpha"]
    good = dict(alpha.config["node"])
    alpha.config["node"]["colour"] = "red"
    alpha.reload()
    until(lambda: alpha.coax("status")["last_error"], "the error is shown")
    alpha.config["node"] = good
    alpha.reload()
    until(lambda: not alpha.coax("status")["last_error"], "the error is gone")


def test_changed_endpoint_of_a_peer_is_followed(pair):
    alpha, beta = pair.nodes.values()
    a, b = alpha.attachment("red-c"), beta.attachment("red-c")
    run(["ip", "-n", beta.namespace.name, "addr", "add", "192.0.2.77/24", "dev", "eth0"])
    # Whatever beta says meanwhile, from its first address, would make the endpoint roam back.
    pair.switch.ip("link set dev beta down")
    alpha.config["peer"][0]["endpoint"] = f"192.0.2.77:{beta.listen_port}"
    alpha.reload()
    until(lambda: "192.0.2.77:51820" in alpha.namespace.run(
        ["wg", "show", alpha.lane_device(), "endpoints"]).stdout, "the endpoint is set")
    pair.switch.ip("link set dev beta up")
    pair.switch.wait_forwarding("beta")
    until(lambda: ping(a.namespace, b.ipv4, wait_s=1).received, "beta answers again")
    assert ping(a.namespace, b.ipv4, count=3, interval_s=0.05).lost == 0
