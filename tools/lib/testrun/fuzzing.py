# SPDX-License-Identifier: Apache-2.0
"""What the level `fuzz` runs: command lines of its targets, and what their logs say."""

import os
import re
from pathlib import Path

BPF_PROGRAMS = ("tc_port", "tc_lane", "tc_handover", "tc_uplink", "xdp_uplink")
ENV = {"UBSAN_OPTIONS": "print_stacktrace=1", "ASAN_OPTIONS": "detect_leaks=1"}
UNIT_LIMIT_S = 20  # one input that takes longer is a finding
# The same unless told: CI tries what was tried before. "random" looks for more.
SEED = os.environ.get("COAX_FUZZ_SEED", "1")

_TARGET = re.compile(r"^coax_fuzz_target\((\w+)", re.M)
# The line that says what is wrong, and the one that says where the input is.
_WRONG = re.compile(r"does not hold: .*|runtime error: .*|ERROR: \w+Sanitizer.*|^  \S.*", re.M)
_WHERE = re.compile(r"Test unit written to (\S+)|--replay (\S+)")


def library_targets(repo: Path) -> list[str]:
    """The libFuzzer targets, as CMake has them."""
    return _TARGET.findall((repo / "tests/fuzz/CMakeLists.txt").read_text())


def _cache() -> Path:
    return Path(os.environ.get("COAX_CACHE", "/var/cache/coax")) / "fuzz"


def write_seeds(repo: Path, name: str, folder: Path) -> None:
    """The kept seeds of a target as it reads them: *.hex becomes bytes."""
    seeds = sorted((repo / "tests/fuzz/corpus" / name).iterdir())
    if not seeds:
        raise FileNotFoundError(f"tests/fuzz/corpus/{name}: expected seeds, found none")
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        content = seed.read_bytes()
        if seed.suffix == ".hex":
            content = bytes.fromhex(content.decode())
        (folder / seed.stem).write_bytes(content)


def library_command(repo: Path, build: Path, logs: Path, name: str, seconds: int) -> list[str]:
    """New inputs go to the cache, a finding to logs/found."""
    kept, seeds, found = _cache() / name, logs / name / "seeds", logs / "found"
    for folder in (kept, found):
        folder.mkdir(parents=True, exist_ok=True)
    write_seeds(repo, name, seeds)
    words = repo / f"tests/fuzz/dict/{name}.dict"
    return [str(build / f"tests/fuzz/fuzz_{name}"), f"-max_total_time={seconds}",
            f"-timeout={UNIT_LIMIT_S}", "-print_final_stats=1",
            *([] if SEED == "random" else [f"-seed={SEED}"]), f"-artifact_prefix={found}/{name}-",
            *([f"-dict={words}"] if words.exists() else []), str(kept), str(seeds)]


def bpf_command(build: Path, logs: Path, program: str, seconds: int) -> list[str]:
    return [str(build / "tests/fuzz/bpf/fuzz_bpf"), "--program", program, "--seconds", str(seconds),
            *([] if SEED == "random" else ["--seed", SEED]), "--out", str(logs / "found")]


def finding(log: Path, code: int) -> str | None:
    """None when the target ended well; else what it found and where the input is."""
    if code == 0:
        return None
    text = log.read_text(errors="replace")
    wrong, where = _WRONG.search(text), _WHERE.search(text)
    what = wrong.group().strip() if wrong else f"exit code {code}"
    place = next(filter(None, where.groups())) if where else log
    return f"{what}; again with {place}"
