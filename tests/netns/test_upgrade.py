# SPDX-License-Identifier: Apache-2.0
"""An agent is replaced by another build under load: not a packet is lost, and a data path it cannot
take over is left alone until somebody says so.

The other build is by default one whose BPF programs differ (tests/upgrade). COAX_OLDER_COAXD names
that of an older commit instead, from where tests/upgrade/older put it.
"""

import os
import time

import pytest
from topology.binaries import binary
from topology.inspect import bpftool, pinned_map, programs
from topology.load import LOAD_S, Load
from topology.shell import until
from topology.traffic import ping


def other_build():
    return os.environ.get("COAX_OLDER_COAXD") or binary("coaxd_next")


def tags(node):
    """{(interface, way): tag} of every program in the node's namespace."""
    shown = {program["id"]: program["tag"] for program in bpftool("prog", "show")}
    found = {}
    for place, ids in programs(node).items():
        for number in ids if isinstance(ids, list) else [ids]:
            if number is not None:
                found[place] = shown[number]
    return found


def write_abi(node, version):
    bpftool("map", "update", "pinned", pinned_map(node, "coax_abi"), "key", "0", "0", "0", "0",
            "value", str(version), "0", "0", "0")


def replace_under_load(pair, node, *replacements):
    """Each of `replacements`, again and again: the program that takes over, and what to check."""
    load, began, rounds = Load(pair), time.monotonic(), 0
    while rounds == 0 or time.monotonic() - began < LOAD_S:
        for program, check in replacements:
            assert node.terminate() == 0
            node.start(program=program)
            check()
            load.stream_goes_on()
        rounds += 1
    load.stop_and_assert_nothing_lost()


def test_other_build_and_back_under_load_loses_no_packet(pair):
    alpha = pair.nodes["alpha"]
    ours = tags(alpha)

    def has_other_programs():
        theirs = tags(alpha)
        assert theirs.keys() == ours.keys()
        if not os.environ.get("COAX_OLDER_COAXD"):
            changed = {place for place in ours if ours[place] != theirs[place]}
            assert len(changed) >= 4, f"expected other programs, found {theirs}"

    def has_our_programs():
        assert tags(alpha) == ours

    replace_under_load(pair, alpha, (other_build(), has_other_programs),
                       (None, has_our_programs))


class TestOtherAbi:
    """What the messages tell the operator to do does what they say."""

    @pytest.fixture
    def stranger(self, pair):
        alpha = pair.nodes["alpha"]
        alpha.terminate()
        write_abi(alpha, 99)
        return alpha

    @staticmethod
    def reaches(pair):
        a, b = [node.attachment("red-c") for node in pair.nodes.values()]
        return ping(a.namespace, b.ipv4, wait_s=1).received

    def test_refusal_names_both_versions_and_both_ways_out(self, stranger):
        done = stranger.namespace.run([binary("coaxd"), "--config", stranger.config_path],
                                      check=False)
        assert done.returncode == 4
        for words in ("has ABI version 99", "expects version", "traffic is left running",
                      "coax down", "--accept-other-abi"):
            assert words in done.stderr

    def test_accepting_it_replaces_the_data_path(self, pair, stranger):
        before = set(tags(stranger))
        stranger.start(options=["--accept-other-abi"])
        until(lambda: self.reaches(pair), "alpha reaches beta")
        assert set(tags(stranger)) == before
        row = bpftool("map", "dump", "pinned", pinned_map(stranger, "coax_abi"))[0]
        assert row["formatted"]["value"] != 99

    def test_down_and_start_replaces_the_data_path(self, pair, stranger):
        stranger.coax_run("down", "--yes")
        assert not os.path.exists(stranger.pins)
        assert not self.reaches(pair)
        stranger.start()
        until(lambda: self.reaches(pair), "alpha reaches beta")
