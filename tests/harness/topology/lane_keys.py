# SPDX-License-Identifier: Apache-2.0
"""A node's lane keys, as its operator sees and changes them."""

from .shell import until


def keys_of(node):
    return {key["public_key"] for key in node.coax("key")["keys"]}


def ports_of(node):
    return [key["listen_port"] for key in node.coax("key")["keys"]]


def is_settled(node):
    return not node.coax("key")["next_keys"]


def rotate(node):
    """Begins a change; the keys that are to go."""
    old = keys_of(node)
    until(lambda: node.coax("key", "rotate"), f"{node.name} begins to change its keys")
    return old


def wait_changed(node, old):
    until(lambda: is_settled(node), f"the change of {node.name}'s keys is over")
    assert not keys_of(node) & old


def knows(node, keys):
    """Is one of these keys with WireGuard of this node, as its own or a peer's?"""
    dump = node.namespace.run(["wg", "show", "all", "dump"]).stdout
    return any(key in dump for key in keys)
