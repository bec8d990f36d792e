# SPDX-License-Identifier: Apache-2.0
"""Runs clang-tidy on one source file, or knows that it passed before.

A pass is remembered below ${COAX_CACHE:-/var/cache/coax}/tidy under a hash of all that decides it:
clang-tidy itself, .clang-tidy, the compile command, and the contents of the source and every header
that its last compilation read. Paths enter relative to checkout and build folder, so that a fresh
clone at another place finds the results of the last one. Failures are not remembered.
"""

import functools
import hashlib
import json
import os
import subprocess
from pathlib import Path

CLANG_TIDY = "clang-tidy-14"
# g++ knows warnings that clang does not, and accepts in a system header what LIBBPF_OPTS is made
# of.
EXTRA = [*(f"--extra-arg=-Wno-{name}" for name in ("unknown-warning-option", "c99-extensions",
                                                   "gnu-statement-expression")), "--quiet"]
PLUGIN = "tests/check/coax_own_code.so"  # in the build folder, from own_code.cpp


class Tidy:
    """For one checkout and one finished build of it."""

    def __init__(self, repo: Path, build: Path) -> None:
        self._repo = repo
        self._build = build
        self._cache = Path(os.environ.get("COAX_CACHE", "/var/cache/coax")) / "tidy"
        self._commands = self._read_commands()
        self.load = f"--load={build / PLUGIN}"
        if not (build / PLUGIN).exists():
            raise FileNotFoundError(f"{build / PLUGIN} was not built: install libclang-14-dev "
                                    "(tools/setup does), then configure and build again")

    def sources(self) -> set[str]:
        """Files that the build compiles, relative to the checkout."""
        return set(self._commands)

    def check(self, source: str) -> str:
        """What clang-tidy found, empty when nothing."""
        mark = self._cache / self._key(source)
        if mark.exists():
            os.utime(mark)
            return ""
        done = subprocess.run([CLANG_TIDY, "-p", str(self._build), self.load, *EXTRA, source],
                              cwd=self._repo, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return done.stdout + done.stderr
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text(source + "\n", encoding="utf-8")
        return ""

    def _read_commands(self) -> dict[str, dict]:
        entries = json.loads((self._build / "compile_commands.json").read_text())
        inside = [entry for entry in entries
                  if Path(entry["file"]).is_relative_to(self._repo)
                  and not Path(entry["file"]).is_relative_to(self._build)]
        return {str(Path(entry["file"]).relative_to(self._repo)): entry for entry in inside}

    def _key(self, source: str) -> str:
        command = self._commands[source]["command"]
        digest = hashlib.sha256()
        plugin = _content_hash(str(self._repo / "tests/check/own_code.cpp"))
        for part in (_version(), plugin, self._neutral(command), *self._configurations(source)):
            digest.update(part.encode() + b"\0")
        objects = [word for word in command.split() if word.endswith(".o")]
        files = {str(self._repo / source)}.union(*(self._headers().get(o, []) for o in objects))
        for path in sorted(files):
            digest.update(f"{self._neutral(path)}\0{_content_hash(path)}\0".encode())
        return digest.hexdigest()

    def _configurations(self, source: str) -> list[str]:
        """Every .clang-tidy on the way from the source up to the checkout."""
        folders = [self._repo / parent for parent in Path(source).parents]
        return [(folder / ".clang-tidy").read_text() for folder in folders
                if (folder / ".clang-tidy").exists()]

    def _neutral(self, text: str) -> str:
        return text.replace(str(self._build), "<build>").replace(str(self._repo), "<repo>")

    @functools.cache
    def _headers(self) -> dict[str, list[str]]:
        """Object file -> what its compilation read, from ninja's records."""
        listing = subprocess.run(["ninja", "-C", str(self._build), "-t", "deps"], check=True,
                                 capture_output=True, text=True).stdout
        headers: dict[str, list[str]] = {}
        current: list[str] = []
        for line in listing.splitlines():
            if line.startswith("    "):
                current.append(os.path.normpath(self._build / line.strip()))
            elif ": #deps" in line:
                current = headers.setdefault(line.split(": #deps")[0], [])
        return headers


@functools.cache
def _version() -> str:
    return subprocess.run([CLANG_TIDY, "--version"], check=True, capture_output=True,
                          text=True).stdout


@functools.cache
def _content_hash(path: str) -> str:
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return "missing"
