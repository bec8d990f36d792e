# SPDX-License-Identifier: Apache-2.0
"""Counts test cases from the JUnit files that ctest, GoogleTest and pytest leave in one folder.

A level's folder holds any of: ctest.xml, gtest/*.xml (one per test binary), pytest*.xml.
A skipped or disabled test counts as failed: a test that did not run has proved nothing.
"""

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Count:
    """Passed cases, and one line for each failed one."""

    passed: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def failed(self) -> int:
        return len(self.failures)

    def add(self, other: "Count", prefix: str = "") -> None:
        self.passed += other.passed
        self.failures += [prefix + line for line in other.failures]


def _verdict(case: ElementTree.Element) -> str:
    """'passed', 'failed' or 'skipped' for a JUnit testcase of any of the three writers."""
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    if case.find("skipped") is not None:
        return "skipped"
    if case.get("status") in ("notrun", "disabled", "fail") or case.get("result") == "skipped":
        return "skipped"
    return "passed"


def _cases(path: Path) -> list[tuple[str, str]]:
    """(name, verdict) of every case in the file."""
    try:
        root = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError) as error:
        return [(f"{path.name} unreadable: {error}", "failed")]
    rows = []
    for case in root.iter("testcase"):
        parts = [case.get("classname"), case.get("name")]
        name = ".".join(part for part in parts if part)
        rows.append((name, _verdict(case)))
    return rows


def _tally(rows: list[tuple[str, str]]) -> Count:
    count = Count()
    for name, verdict in rows:
        if verdict == "passed":
            count.passed += 1
        else:
            count.failures.append(f"{verdict}: {name}")
    return count


def _ctest(folder: Path) -> Count:
    """Counts the cases inside GoogleTest binaries; a binary that died is one failure more."""
    count = Count()
    for case in ElementTree.parse(folder / "ctest.xml").getroot().iter("testcase"):
        name = case.get("name", "?")  # LEVEL.NAME, from the binary test_LEVEL_NAME
        report = folder / "gtest" / f"test_{name.replace('.', '_')}.xml"
        inner = _tally(_cases(report)) if report.exists() else Count()
        count.add(inner)
        verdict = _verdict(case)
        if verdict != "passed" and not inner.failures:
            count.failures.append(f"{verdict}: {name} (crash, time-out or not built)")
        elif verdict == "passed" and inner.passed + inner.failed == 0:
            if report.exists():
                count.failures.append(f"empty: {name} holds no test")
            else:
                count.passed += 1  # not a GoogleTest binary
    return count


def collect(folder: Path) -> Count:
    """All cases below a level's folder. No case at all is one failure."""
    count = Count()
    if (folder / "ctest.xml").exists():
        try:
            count.add(_ctest(folder))
        except ElementTree.ParseError as error:
            count.failures.append(f"ctest.xml unreadable: {error}")
    for path in sorted(folder.glob("pytest*.xml")):
        count.add(_tally(_cases(path)))
    if count.passed + count.failed == 0:
        count.failures.append("no test ran")
    return count
