# SPDX-License-Identifier: Apache-2.0
"""The command says what is true, to those who may ask."""

import grp
import json
import os
import re
import subprocess

import pytest
from topology.binaries import binary
from topology.capture import MARKER
from topology.frames import BROADCAST, RawPort, ethernet
from topology.inspect import pinned_map, bpftool
from topology.shell import until
from topology.traffic import ping

VERBS = ("status", "peers", "ports", "fdb", "drops", "key", "version")


@pytest.mark.parametrize("verb", VERBS)
def test_json_of_every_verb_is_one_valid_document(trio, verb):
    done = trio.nodes["alpha"].coax_run(verb, "--json")
    assert isinstance(json.loads(done.stdout), dict)
    assert done.stderr == ""


@pytest.mark.parametrize("verb", VERBS)
def test_tables_fit_80_columns_and_have_no_colour_off_a_terminal(trio, verb):
    done = trio.nodes["alpha"].coax_run(verb)
    assert done.stdout
    assert "\x1b" not in done.stdout
    if verb != "key":  # a base64 key in a TOML line is as long as it is
        assert max(len(line) for line in done.stdout.splitlines()) <= 80


def test_status_tells_the_truth(trio):
    alpha = trio.nodes["alpha"]
    status = alpha.coax("status")
    links = alpha.links()
    assert (status["instance"], status["node_name"], status["node_id"], status["vtep"]) == \
        (alpha.instance, "alpha", 1, alpha.vtep)
    lane = status["lanes"][0]
    assert lane["device"] == alpha.lane_device() in links
    assert lane["mtu"] == links[alpha.lane_device()]["mtu"] == 1440
    assert lane["public_key"] == alpha.public_keys[0]
    assert lane["listen_port"] == alpha.listen_port
    kind = links[alpha.lane_device()].get("linkinfo", {}).get("info_kind")
    assert (status["backend"] == "kernel") == (kind == "wireguard")
    uplink = status["uplinks"][0]
    assert (uplink["name"], uplink["mtu"], uplink["up"]) == ("eth0", 1500, True)
    assert ("xdp" in links["eth0"]) == (uplink["xdp_mode"] != "detached")
    networks = {network["name"]: network for network in status["networks"]}
    assert networks["red"]["ports"] == 2 and networks["blue"]["ports"] == 1
    assert networks["red"]["members"] == networks["blue"]["members"] == 3
    assert networks["red"]["vni"] == 100 and networks["red"]["flood"]
    assert (status["peers_up"], status["peers_stale"], status["peers_never"]) == (2, 0, 0)
    assert status["config_path"] == alpha.config_path and status["last_error"] == ""
    assert status["clear_frames"] == 0


def test_degradations_are_explained(trio):
    for row in trio.nodes["alpha"].coax("status")["degraded"]:
        assert re.match(r"^[a-z_.0-9]+$", row["what"]) and len(row["text"]) > 10


def test_peers_tell_the_truth(trio):
    alpha = trio.nodes["alpha"]
    peers = {peer["name"]: peer for peer in alpha.coax("peers")["peers"]}
    assert set(peers) == {"beta", "gamma"}
    for name, peer in peers.items():
        other = trio.nodes[name]
        assert (peer["node_id"], peer["vtep"], peer["state"]) == (other.node_id, other.vtep, "up")
        assert peer["endpoint"] == other.endpoint_for(alpha)
        assert peer["public_keys"] == other.public_keys
        assert peer["handshake_age_seconds"] >= 0


def test_peer_counters_move_with_traffic(trio):
    alpha = trio.nodes["alpha"]
    a, b = alpha.attachment("red-c"), trio.nodes["beta"].attachment("red-c")

    def beta():
        return next(peer for peer in alpha.coax("peers")["peers"] if peer["name"] == "beta")

    before = beta()
    assert ping(a.namespace, b.ipv4, count=20, interval_s=0.02, size=1000).lost == 0
    after = until(lambda: (now := beta())["rx_bytes"] >= before["rx_bytes"] + 20000 and now,
                  "WireGuard's bytes are counted")
    assert after["tx_bytes"] >= before["tx_bytes"] + 20000
    assert after["overlay_rx_packets"] >= before["overlay_rx_packets"] + 20
    assert after["overlay_tx_packets"] >= before["overlay_tx_packets"] + 20


def test_ports_tell_the_truth(trio):
    alpha = trio.nodes["alpha"]
    rows = {row["name"]: row for row in alpha.coax("ports")["ports"]}
    assert set(rows) == {"red-c", "red-h", "blue-c"}
    for attachment in alpha.attachments:
        row = rows[attachment.name]
        assert (row["network"], row["ifname"], row["mac"], row["mtu"], row["state"]) == \
            (attachment.network, attachment.ifname, attachment.mac, 1390, "up")
        assert set(row["addresses"]) == {f"{attachment.ipv4}/24", f"{attachment.ipv6}/64"}
        assert row["kind"] == ("host" if attachment.name == "red-h" else "netns")


def test_port_counters_move_with_traffic(trio):
    alpha = trio.nodes["alpha"]
    a, b = alpha.attachment("red-c"), trio.nodes["beta"].attachment("red-c")

    def port():
        return next(row for row in alpha.coax("ports")["ports"] if row["name"] == "red-c")

    before = port()
    assert ping(a.namespace, b.ipv4, count=20, interval_s=0.02).lost == 0
    after = port()
    for way in ("rx_packets", "tx_packets"):
        assert after[way] >= before[way] + 20


def test_fdb_lists_local_and_remote_macs(trio):
    alpha = trio.nodes["alpha"]
    entries = {(entry["network"], entry["mac"]): entry for entry in alpha.coax("fdb")["entries"]}
    for port in trio.ports():
        entry = entries[port.network, port.mac]
        local = port.node is alpha
        assert entry["where"] == (port.name if local else port.node.name)
        assert entry["type"] == ("port" if local else "learned")


def test_drops_name_every_reason_with_all(trio):
    rows = trio.nodes["alpha"].coax("drops", "--all")["drops"]
    assert {"tc_port", "tc_lane", "tc_handover", "tc_uplink", "xdp_uplink", "wireguard"} == \
        {row["hook"] for row in rows}
    assert all(row["text"] for row in rows)


def test_drops_count_what_was_dropped(trio):
    alpha = trio.nodes["alpha"]
    a = alpha.attachment("red-c")
    before = alpha.dropped("spoofed_mac")
    with RawPort(a.namespace, a.ifname) as port:
        for _ in range(7):
            port.send(ethernet(BROADCAST, "02:66:66:66:66:66", 0x88B5, MARKER * 5))
    until(lambda: alpha.dropped("spoofed_mac") == before + 7, "seven more")


def test_key_prints_a_stanza_for_the_other_node(trio):
    alpha = trio.nodes["alpha"]
    answer = alpha.coax("key")
    assert [key["public_key"] for key in answer["keys"]] == alpha.public_keys
    assert alpha.public_keys[0] in answer["peer_stanza"]


def test_maps_are_readable_under_bpftool(trio):
    """BTF-typed: fields have names."""
    alpha = trio.nodes["alpha"]
    rows = bpftool("map", "dump", "pinned", pinned_map(alpha, "coax_networks"))
    values = {row["formatted"]["key"]: row["formatted"]["value"] for row in rows}
    assert values[100]["mtu"] == 1390 and values[200]["mtu"] == 1390


class TestWhoMayAsk:
    def test_socket_is_closed_to_others(self, trio):
        info = os.stat(trio.nodes["alpha"].socket)
        assert info.st_mode & 0o777 == 0o660
        assert info.st_uid == 0

    def test_nobody_is_refused_with_exit_code_3_and_told_why(self, trio):
        alpha = trio.nodes["alpha"]
        os.chmod(trio.directory, 0o755)
        os.chmod(alpha.directory, 0o755)
        done = subprocess.run(
            ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
             binary("coax"), "--socket", alpha.socket, "status"],
            capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 3
        assert "permission" in done.stderr.lower() or "denied" in done.stderr.lower()

    def test_members_of_group_coax_may_ask(self, make_pair, tmp_path):
        """With a private /etc/group, so that the machine need not have the group."""
        group = tmp_path / "group"
        with open("/etc/group", encoding="utf-8") as file:
            lines = [line for line in file if not line.startswith("coax:")]
        group.write_text("".join(lines) + "coax:x:64999:\n")
        alpha = make_pair(start=False).nodes["alpha"]
        alpha.write_config()
        command = 'mount --bind "$1" /etc/group && exec "$2" --config "$3"'
        with open(alpha.log_path, "ab") as log:
            alpha.agent = alpha.namespace.popen(
                ["unshare", "--mount", "sh", "-c", command, "sh", group, binary("coaxd"),
                 alpha.config_path], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        alpha.wait_ready()
        assert os.stat(alpha.socket).st_gid == 64999
        for directory in (os.path.dirname(alpha.directory), alpha.directory, alpha.run_dir):
            os.chmod(directory, 0o755)
        done = subprocess.run(
            ["setpriv", "--reuid", "65534", "--regid", "64999", "--clear-groups",
             binary("coax"), "--socket", alpha.socket, "--json", "version"],
            capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr


def test_no_agent_is_exit_code_3(trio, tmp_path):
    done = subprocess.run([binary("coax"), "--socket", tmp_path / "none.sock", "status"],
                          capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 3 and str(tmp_path) in done.stderr


def test_wrong_arguments_are_exit_code_2(trio):
    assert trio.nodes["alpha"].coax_run("frobnicate", check=False).returncode == 2


def test_group_coax_owns_the_socket_where_the_machine_has_it(trio):
    try:
        wanted = grp.getgrnam("coax").gr_gid
    except KeyError:
        wanted = 0
    assert os.stat(trio.nodes["alpha"].socket).st_gid == wanted
