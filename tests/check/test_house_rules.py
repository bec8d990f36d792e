# SPDX-License-Identifier: Apache-2.0
"""Each rule of the house refuses its bad sample, accepts its good one, and holds in every file."""

import pytest
from conftest import REPO, tracked
from house_rules import RULES

BY_NAME = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)


@BY_NAME
def test_refuses_bad_sample(rule):
    assert rule.find(*rule.refused)


@BY_NAME
def test_accepts_good_sample(rule):
    assert rule.find(*rule.accepted) == []


@pytest.mark.parametrize("find", {rule.find.__name__: rule.find for rule in RULES}.values(),
                         ids=lambda find: find.__name__)
def test_holds_in_every_tracked_file(find):
    found = []
    for name in tracked():
        content = (REPO / name).read_bytes()
        if b"\0" in content:
            continue  # a picture has no lines
        text = content.decode(errors="replace")
        found += [f"{name}:{line}" for line in find(name, text)]
    assert not found, "\n".join(found)
