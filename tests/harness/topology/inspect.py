# SPDX-License-Identifier: Apache-2.0
"""What a node has in the kernel, in a form two moments can be compared by."""

import glob
import json
import os

from .shell import run

WAYS = ("ingress", "egress")


def kernel_objects(node):
    """What a restart must not touch: interfaces, filters, programs, pins."""
    links = node.links()
    filters = {(name, way): node.namespace.run(["tc", "filter", "show", "dev", name, way]).stdout
               for name in links for way in WAYS}
    facts = {name: (link["ifindex"], link.get("address"), link["mtu"], link.get("xdp"))
             for name, link in links.items()}
    pins = {path: os.stat(path).st_ino for path in glob.glob(f"{node.pins}/**", recursive=True)
            if os.path.lexists(path)}  # ** also yields a folder that does not exist
    return {"links": facts, "filters": filters, "pins": pins}


def programs(node):
    """Ids of the programs attached in the node's namespace, by interface and direction."""
    found = {}
    for name, link in node.links().items():
        for way in WAYS:
            output = node.namespace.run(["tc", "-j", "filter", "show", "dev", name, way]).stdout
            found[name, way] = [row["options"]["prog"]["id"] for row in json.loads(output or "[]")
                                if "prog" in row.get("options", {})]
        found[name, "xdp"] = link.get("xdp", {}).get("prog", {}).get("id")
    return found


def wireguard_peers(node, lane=0):
    """(key, preshared, endpoint, allowed IPs) of each peer: what traffic does not change."""
    output = node.namespace.run(["wg", "show", node.lane_device(lane), "dump"]).stdout
    return [tuple(line.split("\t")[:4]) for line in output.splitlines()[1:]]


def bpftool(*arguments):
    output = run(["bpftool", "-j", *arguments]).stdout
    return json.loads(output) if output.strip() else None


def pinned_map(node, name):
    """Path of one of the instance's pinned maps."""
    found = glob.glob(f"{node.pins}/**/{name}", recursive=True)
    assert found, f"no map {name} below {node.pins}"
    return found[0]
