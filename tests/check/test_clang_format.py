# SPDX-License-Identifier: Apache-2.0
"""Every tracked C, C++ and BPF file is as .clang-format wants it."""

import subprocess

import pytest
from conftest import REPO, tracked

FORMATTED = (".c", ".h", ".cpp")


def clang_format(path: str, text: bytes) -> subprocess.CompletedProcess:
    return subprocess.run(["clang-format-14", "--dry-run", "-Werror", "--style=file",
                           f"--assume-filename={REPO / path}"],
                          input=text, capture_output=True, check=False)


def test_refuses_bad_sample():
    assert clang_format("userspace/sample.cpp", b"int  main( ){return 0;}\n").returncode != 0


@pytest.mark.parametrize("path", tracked(*FORMATTED))
def test_is_formatted(path):
    done = clang_format(path, (REPO / path).read_bytes())
    assert done.returncode == 0, done.stderr.decode()
