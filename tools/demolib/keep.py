# SPDX-License-Identifier: Apache-2.0
"""--keep and --down: a demo that stays up, how to look around in it, and its end."""

import os

from topology.binaries import binary
from topology.netns import RUN_NETNS, Namespace
from topology.topology import remove_leftovers

from .scenario import DIRECTORY, NAME


def _namespaces():
    names = os.listdir(RUN_NETNS) if os.path.isdir(RUN_NETNS) else []
    return sorted(name for name in names if name.startswith(f"{NAME}-"))


def is_up():
    return bool(_namespaces()) or os.path.exists(DIRECTORY)


def down(screen):
    """Takes down whatever a demo left, finished or not."""
    names = _namespaces()
    for name in names:
        Namespace(name).delete()
    for directory in (DIRECTORY, f"{DIRECTORY}-jumbo"):
        remove_leftovers(directory)
    screen.line(f"demo: {len(names)} namespaces and what was in them are gone")


def explain(screen, topology):
    alpha, beta = topology.nodes["alpha"], topology.nodes["beta"]
    a, b = alpha.attachment("red-c"), beta.attachment("red-c")
    controller = topology.controllers["controller"]
    program = os.path.relpath(binary("coax"))
    coax = f"{program} --socket {alpha.socket}"
    operator = f"{program} --controller {controller.run_dir}/controller.sock"
    enter = "nsenter --net=/run/netns/"
    rows = [
        ("alpha in one screen", f"{coax} status"),
        ("its peers, ports, FDB", f"{coax} peers    (ports, fdb, drops --watch)"),
        ("why beta is its peer", f"{coax} why beta"),
        ("the controller's nodes", f"{operator} nodes    (networks, ports list, audit)"),
        ("its configuration", f"cat {alpha.config_path}"),
        ("its log", f"tail -f {alpha.log_path}"),
        ("from container to container", f"{enter}{a.namespace.name} ping {b.ipv4}"),
        ("a shell in alpha's host", f"{enter}{alpha.namespace.name} bash"),
        ("the BPF programs on alpha", f"{enter}{alpha.namespace.name} bpftool net"),
        ("its maps", f"ls {alpha.pins}"),
        ("its FDB as the kernel has it", f"bpftool map dump pinned {alpha.pins}/coax_fdb"),
        ("its WireGuard", f"{enter}{alpha.namespace.name} wg show"),
        ("what the underlay sees", f"{enter}{topology.switch.name} tcpdump -ni br0"),
        ("take it down", "sudo tools/demo --down"),
    ]
    screen.head("The nodes stay up. Look around (as root):")
    for what, command in rows:
        screen.line(f"  {screen.paint(what, 'dim')}\n      {command}")
    names = " ".join(sorted(topology.nodes))
    screen.line(f"  nodes: {names}; namespaces: {NAME}-NODE and {NAME}-NODE-PORT for containers")
