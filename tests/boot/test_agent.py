# SPDX-License-Identifier: Apache-2.0
"""The agent as a service: ready when its addresses are, and not in the way when it ends."""

import re

import pytest
from boot.undisturbed import undisturbed
from topology.shell import until
from topology.traffic import ping

PROBE = """[Unit]
Wants=coax-online.target
After=coax-online.target
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'ip -o addr show redh > /root/at-online'
[Install]
WantedBy=multi-user.target
"""


@pytest.fixture
def booted(topology, machine):
    topology.nodes["beta"].start()
    machine.boot()
    until(lambda: machine.is_active("coaxd.service"), "the agent is ready")
    alpha = machine.node.attachment("red-h")
    until(lambda: ping(beta_of(topology).namespace, alpha.ipv4, wait_s=1).received,
          "beta reaches alpha")
    return machine


def beta_of(topology):
    return topology.nodes["beta"].attachment("red-c")


def wireguard_processes(machine):
    return machine.run(["pgrep", "wireguard-go"], check=False).stdout.split()


def test_addresses_are_usable_when_the_target_is_reached(machine):
    machine.write("/etc/systemd/system/probe.service", PROBE)
    machine.boot()
    machine.systemctl("start", "probe.service")
    at_online = machine.run(["cat", "/root/at-online"]).stdout
    port = machine.node.attachment("red-h")
    assert f"{port.ipv4}/24" in at_online and f"{port.ipv6}/64" in at_online
    assert "tentative" not in at_online
    assert machine.is_active("coax-online.target")


def test_ready_is_withheld_while_a_host_port_is_not_up(machine):
    machine.mask("coaxd.service")
    machine.boot()
    machine.node.namespace.ip("link add name redh type veth peer name other0")  # somebody else's
    machine.run(["rm", "/etc/systemd/system/coaxd.service"])
    machine.systemctl("daemon-reload")
    machine.systemctl("start", "--no-block", "coaxd.service")
    until(lambda: "waits for port red-h" in machine.property("coaxd.service", "StatusText"),
          "the status says what is waited for")
    assert machine.property("coaxd.service", "ActiveState") == "activating"
    assert not machine.is_active("coax-online.target")
    machine.node.namespace.ip("link del redh")
    until(lambda: machine.is_active("coaxd.service"), "the agent is ready")


def test_stopping_the_unit_leaves_traffic_and_the_start_changes_nothing(topology, booted):
    processes = wireguard_processes(booted)
    with undisturbed(topology, booted):
        booted.systemctl("stop", "coaxd.service")
        assert not booted.is_active("coaxd.service")
        assert wireguard_processes(booted) == processes
        booted.systemctl("start", "coaxd.service")
    assert wireguard_processes(booted) == processes
    assert booted.coax("status")["last_reconcile_changes"] == 0


def test_killed_agent_is_started_again_and_nothing_is_lost(topology, booted):
    first = booted.property("coaxd.service", "MainPID")
    with undisturbed(topology, booted):
        booted.run(["kill", "-KILL", first])
        until(lambda: booted.is_active("coaxd.service")
              and booted.property("coaxd.service", "MainPID") != first, "systemd started it again")


def test_hung_agent_is_noticed_by_the_watchdog(booted):
    first = booted.property("coaxd.service", "MainPID")
    assert booted.property("coaxd.service", "WatchdogUSec") == "1min"
    booted.write("/etc/systemd/system/coaxd.service.d/short.conf", "[Service]\nWatchdogSec=3\n")
    booted.systemctl("daemon-reload")
    booted.systemctl("restart", "coaxd.service")
    second = booted.property("coaxd.service", "MainPID")
    assert second != first
    booted.run(["kill", "-STOP", second])
    until(lambda: booted.property("coaxd.service", "MainPID") not in (second, "0")
          and booted.is_active("coaxd.service"), "systemd replaced the agent that hung")


def test_reload_is_done_and_a_wrong_file_is_refused_and_named(booted):
    booted.node.config["peer"][0]["keepalive_s"] = 25
    booted.configure()
    booted.systemctl("reload", "coaxd.service")
    until(lambda: booted.property("coaxd.service", "StatusText") == "configuration reloaded",
          "the status says it")
    booted.write("/etc/coax/coax.toml", "[node]\nid = 0\n")
    booted.systemctl("reload", "coaxd.service")
    until(lambda: re.search(r"reload refused: .*coax.toml:1: node\.",
                            booted.property("coaxd.service", "StatusText")), "the status says it")
    assert booted.is_active("coaxd.service")


def test_container_made_later_gets_its_port_in_the_sandbox(topology, booted):
    """Names in /run/netns reach the service although it has mounts of its own."""
    node = booted.node
    node.config["port"].append({"name": "late", "network": "red", "kind": "netns",
                                "netns": "late", "ifname": "eth0",
                                "addresses": ["10.1.0.77/24"]})
    booted.configure()
    booted.systemctl("reload", "coaxd.service")
    booted.run(["ip", "netns", "add", "late"])
    until(lambda: ping(beta_of(topology).namespace, "10.1.0.77", wait_s=1).received,
          "beta reaches the late container")


def test_exposure_is_no_worse_than_what_its_work_needs(machine):
    """systemd's own judgement, 0 (best) to 10."""
    machine.boot()
    for unit, limit in (("coax-guard.service", 4.0), ("coaxd.service", 4.5)):
        done = machine.run(["systemd-analyze", "security", "--no-pager", unit], check=False)
        level = float(re.search(r"exposure level for \S+: ([\d.]+)", done.stdout).group(1))
        assert level <= limit, done.stdout


def test_units_verify(machine):
    machine.boot()
    done = machine.run(["systemd-analyze", "verify", "coax-guard.service", "coaxd.service",
                        "coax-online.target"], check=False)
    assert done.returncode == 0 and not done.stderr.strip(), done.stderr
