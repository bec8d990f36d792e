# SPDX-License-Identifier: Apache-2.0
"""The Debian package: installs, upgrades under traffic, removes without cutting it, purges."""

import os
import shutil

import pytest
from boot.package import make_package
from boot.undisturbed import undisturbed
from topology.shell import run, until
from topology.traffic import ping


@pytest.fixture(scope="session")
def newer(tmp_path_factory):
    return make_package(tmp_path_factory.mktemp("newer"), "99.0.0")


def dpkg(machine, *arguments):
    done = machine.run(["dpkg", *arguments])
    return done.stdout + done.stderr


def copy_in(machine, package):
    shutil.copy(package, f"{machine.root}/root/")
    return f"/root/{os.path.basename(package)}"


def reach(topology, machine):
    source = topology.nodes["beta"].attachment("red-c").namespace
    return source, machine.node.attachment("red-h").ipv4


@pytest.fixture
def running(topology, machine):
    topology.nodes["beta"].start()
    machine.boot()
    source, target = reach(topology, machine)
    until(lambda: ping(source, target, wait_s=1).received, "beta reaches alpha")
    return machine


def test_lintian_has_nothing_to_say(package):
    done = run(["lintian", "--fail-on", "error,warning", package], check=False, timeout=600)
    assert done.returncode == 0 and not done.stdout.strip(), done.stdout + done.stderr


def test_fresh_machine_installs_configures_and_runs(bare, package):
    bare.boot()
    dpkg(bare, "--install", copy_in(bare, package))
    assert not bare.is_active("coaxd.service")  # no configuration yet
    assert bare.property("coaxd.service", "ConditionResult") == "no"
    assert bare.run(["coax", "version"]).stdout
    assert "complete" in bare.run(
        ["cat", "/usr/share/bash-completion/completions/coax"]).stdout
    bare.configure()
    bare.systemctl("restart", "coax-guard", "coaxd")
    assert bare.is_active("coaxd.service") and bare.is_active("coax-guard.service")
    assert bare.systemctl("is-enabled", "coaxd.service", "coax-guard.service").split() == \
        ["enabled", "enabled"]


def test_example_configuration_is_accepted(machine):
    machine.boot()
    done = machine.run(["coaxd", "--check", "--config",
                        "/usr/share/doc/coax/examples/coax.toml"], check=False)
    assert done.returncode == 0, done.stderr


def test_upgrade_loses_no_packet(topology, running, newer):
    pids = [running.property(unit, "MainPID") for unit in ("coax-guard", "coaxd")]
    with undisturbed(topology, running):
        dpkg(running, "--install", copy_in(running, newer))
    for unit, before in zip(("coax-guard", "coaxd"), pids):
        assert running.is_active(unit + ".service")
        assert running.property(unit, "MainPID") not in (before, "0")
    assert running.coax("status")["last_reconcile_changes"] == 0


def test_upgrade_to_another_abi_says_so_and_leaves_traffic(topology, running, newer):
    source, target = reach(topology, running)
    running.run(["bpftool", "map", "update", "pinned", f"{running.node.pins}/coax_abi", "key",
                 "0", "0", "0", "0", "value", "99", "0", "0", "0"])
    with undisturbed(topology, running):
        said = dpkg(running, "--install", copy_in(running, newer))
    assert "another ABI" in said and "coax down" in said
    assert not running.is_active("coaxd.service")
    running.run(["coax", "--instance", running.node.instance, "down", "--yes"])
    running.systemctl("restart", "coax-guard", "coaxd")
    until(lambda: ping(source, target, wait_s=1).received, "beta reaches alpha again")


def test_removing_leaves_traffic_and_says_so_and_purging_leaves_no_file(topology, running):
    with undisturbed(topology, running):
        said = dpkg(running, "--remove", "coax")
    assert "NOT removed" in said and "coax down" in said
    assert os.path.exists(f"{running.root}/etc/coax/coax.toml")
    assert os.path.exists(f"{running.root}/var/lib/coax")
    dpkg(running, "--purge", "coax")
    for path in ("/etc/coax", "/var/lib/coax", "/run/coax", "/usr/sbin/coaxd", "/usr/bin/coax"):
        done = running.run(["test", "-e", path], check=False)
        assert done.returncode != 0, f"{path} is still there"
    left = running.run(["find", "/etc", "/var/lib/systemd", "/usr", "-name", "*coax*"]).stdout
    assert not left.strip(), left


def test_removing_after_coax_down_is_silent_and_leaves_nothing(running):
    running.run(["coax", "--instance", running.node.instance, "down", "--yes"])
    said = dpkg(running, "--purge", "coax")
    assert "NOT removed" not in said
    assert running.node.instance not in running.run(["ip", "-br", "link"]).stdout
    assert "tc_uplink" not in running.filters("eth0")
