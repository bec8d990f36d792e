# SPDX-License-Identifier: Apache-2.0
"""What Prometheus would see of live agents: figures that move with the traffic, a number of series
that grows with the peers, an address that is guarded like any other option."""

import base64
import os
import socket
import statistics
from pathlib import Path

from topology.binaries import binary
from topology.capture import MARKER
from topology.frames import RawPort, ethernet
from topology.inspect import kernel_objects
from topology.metrics import PORT, get, scrape
from topology.packets import vxlan_packet
from topology.shell import until
from topology.switch import UPLINK, underlay_v4
from topology.traffic import PingRun, iperf, ping

SCRAPE_BUDGET_S = 2.0  # generous: measured is 1/100 of it


def ends(topology):
    return [topology.nodes[name].attachment("red-c") for name in ("alpha", "beta")]


def made_up_peers(first_id, count):
    """Peers that never answer: random keys, no endpoint."""
    return [{"id": first_id + i, "name": f"far-{first_id + i}",
             "keys": [base64.b64encode(os.urandom(32)).decode()]} for i in range(count)]


def reload_with_peers(node, own, count):
    node.config["peer"] = own + made_up_peers(100, count)
    node.reload()
    wanted = len(own) + count

    def there():
        samples = scrape(node)
        return samples.value("coax_lane_peers", lane="0") == wanted and samples
    return until(there, f"{wanted} peers are on the lane")


def test_figures_move_with_the_traffic(pair):
    a, b = ends(pair)
    before = scrape(a.node)
    sent = ping(a.namespace, b.ipv4, count=20, interval_s=0.02, wait_s=20)
    assert sent.lost == 0, sent.output
    iperf(a.namespace, b.namespace, b.ipv4, seconds=1)

    moving = [("coax_peer_transmit_bytes_total", {"peer": "beta"}, 100_000),
              ("coax_peer_receive_bytes_total", {"peer": "beta"}, 1000),
              ("coax_peer_overlay_transmit_packets_total", {"peer": "beta"}, 20),
              ("coax_peer_overlay_receive_packets_total", {"peer": "beta"}, 20),
              ("coax_peer_overlay_transmit_bytes_total", {"peer": "beta"}, 100_000),
              ("coax_peer_overlay_receive_bytes_total", {"peer": "beta"}, 1000),
              ("coax_lane_transmit_bytes_total", {"lane": "0"}, 100_000),
              ("coax_lane_receive_bytes_total", {"lane": "0"}, 1000),
              ("coax_port_receive_packets_total", {"port": "red-c", "network": "red"}, 20),
              ("coax_port_transmit_bytes_total", {"port": "red-c", "network": "red"}, 1000),
              ("coax_datapath_event_packets_total", {"event": "encap"}, 20),
              ("coax_datapath_event_packets_total", {"event": "decap"}, 20),
              ("process_cpu_seconds_total", {}, 0)]

    def moved():
        after = scrape(a.node)
        for name, labels, least in moving:
            grown = after.value(name, **labels) - before.value(name, **labels)
            assert grown >= least, f"{name} {labels} grew by {grown}"
        return after
    after = until(moved, "every figure has moved")
    assert after.value("coax_peer_up", peer="beta") == 1
    assert after.value("coax_peer_handshake_age_seconds", peer="beta") < 180
    assert after.value("coax_peer_receive_age_seconds", peer="beta") < 60
    assert after.value("coax_mesh_peers", state="up") == 1
    assert after.value("coax_network_learned_entries", network="red") == 1
    assert after.all("coax_uplink_clear_packets_total") == [0, 0]
    assert not any(after.all("coax_agent_collect_failed"))


def test_figures_are_those_of_the_command(pair):
    a, _ = ends(pair)
    samples, status = scrape(a.node), a.node.coax("status")
    assert samples.value("coax_map_entries", map="coax_fdb") == int(status["fdb_entries"])
    assert samples.value("coax_map_capacity_entries", map="coax_fdb") == \
        int(status["fdb_capacity"])
    info = {"node": "alpha", "coax_instance": a.node.instance, "vtep": status["vtep"]}
    assert samples.value("coax_agent_node_info", **info) == 1
    assert samples.value("coax_agent_build_info", version=status["version"],
                         backend=status["backend"]) == 1
    mode = status["uplinks"][0]["xdp_mode"]
    assert samples.value("coax_uplink_xdp_mode", uplink=UPLINK, mode=mode) == 1
    assert sum(samples.all("coax_uplink_xdp_mode", uplink=UPLINK)) == 1


def test_clear_text_is_counted_by_direction(pair):
    a, b = ends(pair)
    inner = ethernet(a.mac, b.mac, 0x88B5, MARKER * 5)
    packet = vxlan_packet(underlay_v4(66), underlay_v4(a.node.node_id), 100, inner)
    frame = ethernet(a.node.links()[UPLINK]["address"], "02:66:66:66:66:66", 0x0800, packet)
    with RawPort(pair.stranger("mallory", 66), UPLINK) as port:
        port.send(frame)
    until(lambda: scrape(a.node).value("coax_uplink_clear_packets_total", direction="in") == 1,
          "the injected packet is counted")
    samples = scrape(a.node)
    assert samples.value("coax_uplink_clear_packets_total", direction="out") == 0
    assert samples.value("coax_datapath_drop_packets_total", hook="xdp_uplink",
                         reason="clear_vxlan") == 1


def test_series_grow_with_the_peers_and_not_at_all_in_sums(pair):
    alpha = pair.nodes["alpha"]
    own = list(alpha.config["peer"])
    counts = [reload_with_peers(alpha, own, peers).count() for peers in (10, 20, 40)]
    assert counts[2] - counts[1] == 2 * (counts[1] - counts[0]) > 0, counts

    alpha.config["metrics"] = {"per_peer": False}
    alpha.reload()
    until(lambda: scrape(alpha).count("coax_peer_") == 0, "no series for each peer")
    sums = scrape(alpha)
    assert sum(sums.all("coax_mesh_peers")) == 41
    assert reload_with_peers(alpha, own, 80).count() == sums.count()


def test_scrape_of_1000_peers_is_quick_and_disturbs_no_traffic(pair, record_property):
    a, b = ends(pair)
    # Else each ARP request is copied to 999 dead peers: more than the queue of a tun device holds.
    a.node.config["network"][0]["members"] = ["alpha", "beta"]
    reload_with_peers(a.node, list(a.node.config["peer"]), 999)
    until(lambda: a.node.coax("status")["last_reconcile_changes"] == 0, "the tables are written")
    load = PingRun(a.namespace, b.ipv4, count=150, interval_s=0.02, wait_s=20)
    took = []

    def scraped():
        """A text that is reused still shows the time the one before it took."""
        value = scrape(a.node).value("coax_agent_collect_seconds")
        if value not in took:
            took.append(value)
        return len(took) > 5
    until(scraped, "scraped several times")
    record_property("scrape_seconds", took)
    print("1000 peers, seconds on the loop:", took)
    assert statistics.median(took) < SCRAPE_BUDGET_S
    result = load.finish()
    assert result.lost == 0, result.output


def test_busy_port_at_the_start_is_an_error_and_nothing_is_made(make_pair):
    alpha = make_pair(start=False).nodes["alpha"]
    before = kernel_objects(alpha)
    sock = alpha.namespace.call(socket.socket, socket.AF_INET, socket.SOCK_STREAM)
    with sock:
        sock.bind(("127.0.0.1", PORT))
        sock.listen()
        alpha.config["metrics"] = {"listen": f"127.0.0.1:{PORT}"}
        alpha.write_config()
        done = alpha.namespace.run([binary("coaxd"), "--config", alpha.config_path],
                                   check=False)
    line = line_of(alpha, "listen = ")
    assert done.returncode > 0
    for words in (f"{alpha.config_path}:{line}: metrics.listen: expected a free TCP port",
                  f"127.0.0.1:{PORT}", "ss -tlnp"):
        assert words in done.stderr
    assert kernel_objects(alpha) == before


def test_busy_port_at_a_reload_keeps_address_and_traffic(pair):
    a, b = ends(pair)
    sock = a.node.namespace.call(socket.socket, socket.AF_INET, socket.SOCK_STREAM)
    with sock:
        sock.bind(("127.0.0.1", 9999))
        sock.listen()
        a.node.config["metrics"] = {"listen": "127.0.0.1:9999"}
        a.node.reload()
        until(lambda: scrape(a.node).value("coax_agent_reload_failed") == 1, "it is refused")
    assert "metrics.listen: expected a free TCP port" in a.node.coax("status")["last_error"]
    assert ping(a.namespace, b.ipv4, count=3, interval_s=0.05).lost == 0


def test_reload_moves_the_address_and_switches_metrics_off(pair):
    alpha = pair.nodes["alpha"]
    listening = ["ss", "-Htln", "sport", "=", str(PORT), "or", "sport", "=", "9999"]
    for listen, found in (("127.0.0.1:9999", "127.0.0.1:9999"), ("[::1]:9999", "[::1]:9999"),
                          ("0.0.0.0:9786", "0.0.0.0:9786"), ("127.0.0.1:9786", "127.0.0.1:9786")):
        alpha.config["metrics"] = {"listen": listen}
        alpha.reload()

        def moved(there=found):  # the new one is opened before the old one is closed
            rows = alpha.namespace.run(listening).stdout.splitlines()
            return len(rows) == 1 and there in rows[0]

        until(moved, f"listens on {found} and nowhere else")
    alpha.config["metrics"] = {"listen": ""}
    alpha.reload()
    until(lambda: not alpha.namespace.run(listening).stdout, "listens nowhere")


def test_stays_up_beside_clients_that_hang_or_talk_nonsense(pair):
    alpha = pair.nodes["alpha"]

    def connect():
        return socket.create_connection(("127.0.0.1", PORT))

    def refused():
        hanging.append(alpha.namespace.call(connect))  # anew: the agent closes old ones in time
        return get(alpha)[0] == 503
    assert get(alpha, "/etc/passwd")[0] == 404
    hanging = [alpha.namespace.call(connect) for _ in range(3)]
    try:
        assert scrape(alpha).count() > 100
        until(refused, "one more is refused")
    finally:
        for sock in hanging:
            sock.close()
    until(lambda: get(alpha)[0] == 200, "there is room again")
    assert alpha.running()


def line_of(node, start):
    text = Path(node.config_path).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(text, 1) if line.startswith(start))
