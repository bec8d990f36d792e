# SPDX-License-Identifier: Apache-2.0
"""Every C++ source of the product passes clang-tidy; which checks, and why, says .clang-tidy.

Not those of the tests: they are as many again, and the macros of GoogleTest double their time."""

import functools
import subprocess

import pytest
from conftest import BUILD, REPO, tracked
from tidy import CLANG_TIDY, EXTRA, Tidy


def sources() -> list[str]:
    return [name for name in tracked(".cpp") if name.startswith("userspace/")]


@functools.cache
def tidy() -> Tidy:
    return Tidy(REPO, BUILD)


def run_on_sample(folder, source):
    sample = folder / "sample.cpp"
    sample.write_text(source)
    return subprocess.run([CLANG_TIDY, f"--config-file={REPO}/.clang-tidy", tidy().load, *EXTRA,
                           str(sample), "--", "-std=c++20"],
                          capture_output=True, text=True, check=False)


def test_refuses_bad_sample(tmp_path):
    done = run_on_sample(
        tmp_path, "int BadName(int *p) { if (p == 0) return 1; else return *p; }\n")
    assert done.returncode != 0
    assert "readability-identifier-naming" in done.stdout
    assert "readability-else-after-return" in done.stdout


def test_looks_into_our_headers_and_not_into_those_of_the_system(tmp_path):
    header = tmp_path / "tests" / "sample.h"
    header.parent.mkdir()
    header.write_text("inline int BadName() { return 1; }\n")
    done = run_on_sample(tmp_path, '#include <string>\n#include "tests/sample.h"\n')
    assert "readability-identifier-naming" in done.stdout
    assert int(done.stderr.split()[0]) < 20  # "N warnings generated": a thousand without the plugin


@pytest.mark.parametrize("path", sources())
def test_passes(path):
    if path in tidy().sources():  # test_sources.py reports those that are not
        assert tidy().check(path) == ""
