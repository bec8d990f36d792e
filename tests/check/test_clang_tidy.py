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


def test_refuses_bad_sample(tmp_path):
    sample = tmp_path / "sample.cpp"
    sample.write_text("int BadName(int *p) { if (p == 0) return 1; else return *p; }\n")
    done = subprocess.run([CLANG_TIDY, f"--config-file={REPO}/.clang-tidy", *EXTRA, str(sample),
                           "--", "-std=c++20"], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "readability-identifier-naming" in done.stdout
    assert "readability-else-after-return" in done.stdout


@pytest.mark.parametrize("path", sources())
def test_passes(path):
    if path in tidy().sources():  # test_sources.py reports those that are not
        assert tidy().check(path) == ""
