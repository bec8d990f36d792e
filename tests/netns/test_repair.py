# SPDX-License-Identifier: Apache-2.0
"""What somebody removes by hand is back within a reconcile period; what is right is left alone."""

import base64
import json
import os

import pytest
from topology.inspect import wireguard_peers
from topology.shell import until
from topology.traffic import PingRun, ping


def ends(pair):
    return [node.attachment("red-c") for node in pair.nodes.values()]


def assert_back(pair):
    a, b = ends(pair)
    for source, target in ((a, b), (b, a)):
        until(lambda s=source, t=target: ping(s.namespace, t.ipv4, wait_s=1).received,
              f"{source} reaches {target} again")


def test_peer_removed_by_hand_is_back(pair):
    alpha, beta = pair.nodes.values()
    device, key = alpha.lane_device(), beta.public_keys[0]
    alpha.namespace.run(["wg", "set", device, "peer", key, "remove"])
    until(lambda: key in alpha.namespace.run(["wg", "show", device, "peers"]).stdout,
          "the peer is back")
    allowed = alpha.namespace.run(["wg", "show", device, "allowed-ips"]).stdout.split()
    assert allowed == [key, f"{beta.vtep}/32"]
    assert_back(pair)


def test_stranger_added_to_wireguard_by_hand_is_removed(pair):
    alpha = pair.nodes["alpha"]
    device, key = alpha.lane_device(), "A" * 42 + "I="
    alpha.namespace.run(["wg", "set", device, "peer", key, "allowed-ips", "100.64.0.9/32"])
    until(lambda: key not in alpha.namespace.run(["wg", "show", device, "peers"]).stdout,
          "the stranger is gone")
    assert_back(pair)


@pytest.mark.kernel_wireguard
def test_preshared_key_set_by_hand_is_cleared(pair, tmp_path):
    """Else no handshake would succeed any more."""
    alpha, beta = pair.nodes.values()
    secret = tmp_path / "secret"
    secret.write_text(base64.b64encode(os.urandom(32)).decode())
    alpha.namespace.run(["wg", "set", alpha.lane_device(), "peer", beta.public_keys[0],
                         "preshared-key", secret])
    until(lambda: [peer[1] for peer in wireguard_peers(alpha)] == ["(none)"], "it is cleared")
    assert_back(pair)


def test_changed_allowed_ips_are_put_right(pair):
    alpha, beta = pair.nodes.values()
    device, key = alpha.lane_device(), beta.public_keys[0]
    alpha.namespace.run(["wg", "set", device, "peer", key, "allowed-ips", "0.0.0.0/0"])
    until(lambda: alpha.namespace.run(["wg", "show", device, "allowed-ips"]).stdout.split() ==
          [key, f"{beta.vtep}/32"], "the allowed IPs are right")


@pytest.mark.parametrize("end", ["agent", "container"])
def test_port_deleted_by_hand_is_back_with_the_same_mac_and_addresses(pair, end):
    alpha = pair.nodes["alpha"]
    a, _ = ends(pair)
    if end == "agent":
        alpha.namespace.ip(f"link del {alpha.port_link('red-c')['ifname']}")
    else:
        a.namespace.ip(f"link del {a.ifname}")

    def back():
        rows = json.loads(a.namespace.run(["ip", "-j", "addr", "show", a.ifname],
                                          check=False).stdout or "[]")
        return rows and rows[0]["address"] == a.mac and "UP" in rows[0]["flags"] and \
            {a.ipv4, a.ipv6} <= {address["local"] for address in rows[0]["addr_info"]}

    until(back, "the port is back")
    assert_back(pair)


def test_container_that_comes_later_gets_its_port(pair):
    """The namespace of a port is missing: said, and repaired when it appears."""
    alpha = pair.nodes["alpha"]
    late = pair.port(alpha, "red-late", "red")
    late.namespace.delete()
    alpha.reload()
    until(lambda: {port["name"]: port["state"] for port in alpha.coax("ports")["ports"]}
          .get("red-late", "up") != "up", "the port is reported as missing")
    late.namespace.create()
    alpha.wait_ready()
    b = pair.nodes["beta"].attachment("red-c")
    until(lambda: ping(late.namespace, b.ipv4, wait_s=1).received, "the late port works")


def test_detached_programs_are_attached_again(pair):
    alpha = pair.nodes["alpha"]
    for link in (alpha.port_link("red-c")["ifname"], alpha.lane_device(), "eth0"):
        alpha.namespace.run(["tc", "qdisc", "del", "dev", link, "clsact"])
    alpha.namespace.run(["ip", "link", "set", "dev", "eth0", "xdp", "off"], check=False)
    assert_back(pair)
    until(lambda: all(
        alpha.namespace.run(["tc", "filter", "show", "dev", link, way]).stdout
        for link, way in ((alpha.lane_device(), "ingress"), ("eth0", "egress"))),
        "the filters are back")
    until(lambda: alpha.coax("status")["uplinks"][0]["xdp_mode"] != "detached", "XDP is back")


def test_uplink_that_appears_is_guarded_at_once(make_pair):
    """Not by the periodic pass: that comes once an hour here."""
    alpha = make_pair(start=False).nodes["alpha"]
    alpha.config["agent"]["reconcile_period_ms"] = 3_600_000
    alpha.config["underlay"]["uplinks"] = ["eth0", "late0"]
    alpha.namespace.ip("link add name late0 type veth peer name other0")
    alpha.start()
    alpha.namespace.ip("link del late0")
    until(lambda: "uplink.missing" in alpha.log(), "its loss is noticed")
    alpha.namespace.ip("link add name early0 type veth peer name other0",
                       "link set early0 name late0", "link set late0 up")
    until(lambda: "tc_uplink" in alpha.namespace.run(
        ["tc", "filter", "show", "dev", "late0", "egress"]).stdout, "nothing leaves in clear")
    until(lambda: alpha.coax("status")["uplinks"][1]["xdp_mode"] in ("native", "generic"),
          "nothing comes in in clear")


@pytest.mark.kernel_wireguard
def test_lane_device_deleted_by_hand_is_back(pair):
    alpha = pair.nodes["alpha"]
    index = alpha.links()[alpha.lane_device()]["ifindex"]
    alpha.namespace.ip(f"link del {alpha.lane_device()}")
    until(lambda: alpha.links().get(alpha.lane_device(), {}).get("ifindex", index) != index,
          "the lane is back")
    assert_back(pair)


def test_lowered_mtu_of_a_port_is_put_right(pair):
    alpha = pair.nodes["alpha"]
    link = alpha.port_link("red-c")["ifname"]
    mtu = alpha.links()[link]["mtu"]
    alpha.namespace.ip(f"link set dev {link} mtu 1000")
    until(lambda: alpha.links()[link]["mtu"] == mtu, "the MTU is right again")


def test_receive_merging_turned_off_by_hand_is_back(pair):
    alpha = pair.nodes["alpha"]
    a, _ = ends(pair)
    near = alpha.port_link("red-c")["ifname"]
    wanted = [(a.namespace, a.ifname, "generic-receive-offload: on"),
              (alpha.namespace, near, "tx-tcp-segmentation: off")]
    a.namespace.run(["ethtool", "-K", a.ifname, "gro", "off"])
    alpha.namespace.run(["ethtool", "-K", near, "tso", "on"])
    for namespace, ifname, line in wanted:
        until(lambda: line in namespace.run(["ethtool", "-k", ifname]).stdout,
              f"{ifname} has {line}")


def test_quiet_reconciles_change_nothing(pair):
    alpha = pair.nodes["alpha"]
    a, b = ends(pair)
    run = PingRun(a.namespace, b.ipv4, count=60, interval_s=0.05, wait_s=20)
    assert run.finish().lost == 0
    status = alpha.coax("status")
    assert status["last_reconcile_changes"] == 0
    assert status["last_error"] == ""
