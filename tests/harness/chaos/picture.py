# SPDX-License-Identifier: Apache-2.0
"""What a node should look like, read from the kernel: no interface indexes, no counters."""

import json

from topology.inspect import bpftool, pinned_map, programs, wireguard_peers

# Maps whose keys and values mean the same after an interface was made anew.
SAME_BYTES = ("coax_abi", "coax_members", "coax_nodes", "coax_networks", "coax_subnets")
SAME_NUMBER = ("coax_ports", "coax_guard_mac", "coax_guard_ip", "coax_flood")
# Of the machine or of the past, and said for ten minutes: not what the node should look like.
EXPECTED_DEGRADATIONS = ("wireguard.restarted", "wireguard.userspace", "xdp.", "datapath.note")


def picture(node):
    """Comparable with ==; differences() names what differs."""
    links = {name: link for name, link in node.links().items() if name != "lo"}
    seen = {f"link {name}": (link["mtu"], "UP" in link["flags"], link.get("ifalias"))
            for name, link in links.items()}
    seen |= {f"programs {name} {way}": bool(found)
             for (name, way), found in programs(node).items() if name in links}
    seen |= {f"port {port.name}": _user_end(port) for port in node.attachments}
    seen |= _wireguard(node) | _maps(node) | _status(node)
    return seen


def differences(found, wanted):
    return [f"{key}: expected {wanted.get(key)}, found {found.get(key)}"
            for key in sorted(found.keys() | wanted.keys()) if found.get(key) != wanted.get(key)]


def _user_end(port):
    done = port.namespace.run(["ip", "-j", "addr", "show", port.ifname], check=False)
    rows = json.loads(done.stdout or "[]")
    if not rows:
        return None
    wanted = {port.ipv4, port.ipv6}
    addresses = {address["local"] for address in rows[0]["addr_info"]}
    return rows[0]["address"], rows[0]["mtu"], "UP" in rows[0]["flags"], wanted <= addresses


def _wireguard(node):
    device = node.lane_device()
    facts = {what: node.namespace.run(["wg", "show", device, what]).stdout.strip()
             for what in ("public-key", "listen-port")}
    return {f"wg {key}": value for key, value in facts.items()} | {
        "wg peers": sorted(wireguard_peers(node))}


def _dump(node, name):
    return bpftool("map", "dump", "pinned", pinned_map(node, name)) or []


def _maps(node):
    same = {f"map {name}": sorted((tuple(row["key"]), tuple(row["value"]))
                                  for row in _dump(node, name)) for name in SAME_BYTES}
    number = {f"map {name}": len(_dump(node, name)) for name in SAME_NUMBER}
    entries = node.coax("fdb")["entries"]
    fixed = sorted((row["vni"], row["mac"], row["where"]) for row in entries
                   if row["type"] != "learned")
    return {**same, **number, "fdb": fixed}


def _status(node):
    status = node.coax("status")
    degraded = sorted(row["what"] for row in status["degraded"]
                      if not row["what"].startswith(EXPECTED_DEGRADATIONS))
    return {
        "degraded": degraded,
        "error": status["last_error"],
        "changes of the last pass": status["last_reconcile_changes"],
        "networks": [(row["name"], row["mtu"], row["members"]) for row in status["networks"]],
        "uplinks": [(row["name"], row["mtu"], row["up"], row["xdp_mode"])
                    for row in status["uplinks"]],
        "ports": [(row["name"], row["state"], row["mtu"]) for row in node.coax("ports")["ports"]],
    }
