# SPDX-License-Identifier: Apache-2.0
"""Every C++ source is built: a test that no target has never fails."""

import re

from conftest import BUILD, REPO, tracked
from tidy import Tidy


def unbuilt(files: list[str], built: set[str]) -> list[str]:
    """Those that no target compiles. The libFuzzer targets are built by another preset, which names
    each by its file."""
    return [name for name in files
            if name not in built and not re.fullmatch(r"tests/fuzz/\w+\.cpp", name)]


def test_finds_a_test_nobody_builds():
    files = ["tests/fuzz/text.cpp", "tests/unit/a_test.cpp", "tests/unit/b_test.cpp"]
    assert unbuilt(files, {"tests/unit/a_test.cpp"}) == ["tests/unit/b_test.cpp"]


def test_every_source_is_built():
    assert unbuilt(tracked(".cpp"), Tidy(REPO, BUILD).sources()) == []
