# SPDX-License-Identifier: Apache-2.0
"""The data path does not depend on the agent: dying, ending and starting again lose no packet."""

import os
import time

import pytest
from topology.binaries import binary
from topology.inspect import bpftool, kernel_objects, pinned_map, wireguard_peers
from topology.load import LOAD_S, Load
from topology.node import UAPI_DIRECTORY
from topology.shell import until
from topology.traffic import PingRun, ping


@pytest.mark.parametrize("signal", ["KILL", "TERM"])
def test_agent_that_ends_and_restarts_under_load_loses_no_packet(pair, signal):
    alpha = pair.nodes["alpha"]
    before, wireguard = kernel_objects(alpha), wireguard_peers(alpha)

    def end_and_restart():
        if signal == "KILL":
            alpha.kill()
        else:
            assert alpha.terminate() == 0
        assert kernel_objects(alpha) == before
        alpha.start()
        assert kernel_objects(alpha) == before

    load, restarts, began = Load(pair), 0, time.monotonic()
    while restarts < 2 or time.monotonic() - began < LOAD_S:
        end_and_restart()
        load.stream_goes_on()
        restarts += 1
    load.stop_and_assert_nothing_lost()
    assert wireguard_peers(alpha) == wireguard
    assert alpha.coax("status")["last_reconcile_changes"] == 0


@pytest.mark.kernel_wireguard
def test_data_path_goes_on_while_the_agent_is_gone(pair):
    alpha, beta = pair.nodes.values()
    a, b = alpha.attachment("red-c"), beta.attachment("red-c")
    assert alpha.terminate() == 0
    beta.kill()
    for source, target in ((a, b), (b, a)):
        source.namespace.ip(f"neigh flush dev {source.ifname}")
        for address in (target.ipv4, target.ipv6):
            assert ping(source.namespace, address, count=5, interval_s=0.05).lost == 0
    for node in (alpha, beta):
        node.start()
    assert ping(a.namespace, b.ipv4).lost == 0


def test_configuration_changed_while_the_agent_was_down_is_applied_at_start(pair):
    alpha = pair.nodes["alpha"]
    alpha.kill()
    pair.port(alpha, "red-late", "red")
    alpha.config["peer"][0]["keepalive_s"] = 25
    alpha.start()
    late, b = alpha.attachment("red-late"), pair.nodes["beta"].attachment("red-c")
    assert ping(late.namespace, b.ipv4).lost == 0
    assert alpha.namespace.run(["wg", "show", alpha.lane_device(),
                                "persistent-keepalive"]).stdout.split()[1] == "25"


def test_two_agents_of_one_kernel_leave_each_other_alone(pair):
    """alpha goes through its whole life while beta and gamma, of another topology, talk."""
    gamma = pair.node("gamma")
    pair.port(gamma, "red-c", "red")
    pair.connect()
    gamma.start()
    beta = pair.nodes["beta"]
    beta.reload()
    b, g = beta.attachment("red-c"), gamma.attachment("red-c")
    until(lambda: ping(b.namespace, g.ipv4, wait_s=1).received, "beta reaches gamma")
    before = [kernel_objects(node) for node in (beta, gamma)]
    run = PingRun(b.namespace, g.ipv4, count=100, interval_s=0.05, wait_s=20)
    alpha = pair.nodes["alpha"]
    alpha.kill()
    alpha.start()
    alpha.coax_run("down")
    alpha.agent.wait(timeout=60)
    result = run.finish()
    assert result.lost == 0, result.output
    assert [kernel_objects(node) for node in (beta, gamma)] == before
    assert os.path.isdir(beta.pins) and not os.path.exists(alpha.pins)


def test_second_agent_of_the_same_instance_is_refused(pair):
    alpha = pair.nodes["alpha"]
    before = kernel_objects(alpha)
    second = alpha.namespace.run([binary("coaxd"), "--config", alpha.config_path], check=False)
    assert second.returncode != 0
    assert str(alpha.agent.pid) in second.stderr and alpha.run_dir in second.stderr
    assert kernel_objects(alpha) == before
    assert alpha.coax("status")["instance"] == alpha.instance


class TestOtherAbiVersion:
    """A data path of another version is pinned: the agent says so and leaves traffic alone."""

    @pytest.fixture
    def stranger(self, pair):
        alpha = pair.nodes["alpha"]
        alpha.terminate()
        bpftool("map", "update", "pinned", pinned_map(alpha, "coax_abi"), "key", "0", "0", "0",
                "0", "value", "99", "0", "0", "0")
        return alpha

    def test_agent_refuses_and_traffic_goes_on(self, pair, stranger):
        before = kernel_objects(stranger)
        a, b = [node.attachment("red-c") for node in pair.nodes.values()]
        run = PingRun(a.namespace, b.ipv4, count=40, interval_s=0.05, wait_s=20)
        done = stranger.namespace.run([binary("coaxd"), "--config", stranger.config_path],
                                      check=False)
        assert done.returncode != 0
        assert "99" in done.stderr and "ABI" in done.stderr
        assert run.finish().lost == 0
        assert kernel_objects(stranger) == before


def test_user_space_wireguard_outlives_the_agent(pair):
    """Only where there is no kernel WireGuard; elsewhere there is no process to keep."""
    alpha = pair.nodes["alpha"]
    if alpha.coax("status")["backend"] == "kernel":
        assert not os.path.exists(f"{UAPI_DIRECTORY}/{alpha.lane_device()}.sock")
        return
    before = set(alpha.namespace.pids()) - {alpha.agent.pid}
    alpha.kill()
    assert before <= set(alpha.namespace.pids())
    alpha.start()
    assert set(alpha.namespace.pids()) - {alpha.agent.pid} == before
