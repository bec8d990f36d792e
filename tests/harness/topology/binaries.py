# SPDX-License-Identifier: Apache-2.0
"""Where the programs under test are: COAX_BUILD, else build/release of this checkout."""

import os

SOURCE = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
# coaxd_next: only where clang 19 is.
_FOLDERS = {"coaxd": "userspace/agent", "coax": "userspace/cli",
            "coax-controller": "userspace/controller", "coaxd_next": "tests/upgrade",
            "hostile_controller": "tests/hostile"}
_BENCH_FOLDERS = {"bench_traffic": "tests/bench", "bench_programs": "tests/bench",
                  "bench_fleet": "tests/bench"}


def build_directory():
    return os.path.abspath(os.environ.get("COAX_BUILD", f"{SOURCE}/build/release"))


def binary(name):
    return f"{build_directory()}/{(_FOLDERS | _BENCH_FOLDERS)[name]}/{name}"


def missing_binaries():
    return [binary(name) for name in ("coaxd", "coax") if not os.access(binary(name), os.X_OK)]
