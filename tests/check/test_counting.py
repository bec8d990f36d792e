# SPDX-License-Identifier: Apache-2.0
"""How tools/test counts: what did not run is a failure, whoever wrote the report."""

import sys

import pytest
from conftest import REPO

sys.path.insert(0, str(REPO / "tools/lib/testrun"))

import junit  # noqa: E402

PASSED = '<testcase name="a" status="run"/>'
CTEST_PASSED = '<testcase name="unit.x" classname="unit.x" status="run"/>'
CTEST_FAILED = ('<testcase name="unit.x" classname="unit.x" status="fail">'
                '<failure message=""/></testcase>')


def write(path, cases):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"<testsuite>{cases}</testsuite>")


def count(folder, *, ctest=None, gtest=None, pytest_cases=None):
    """(passed, failed) of a level's folder with the given reports."""
    if ctest is not None:
        write(folder / "ctest.xml", ctest)
    if gtest is not None:
        write(folder / "gtest/test_unit_x.xml", gtest)
    if pytest_cases is not None:
        write(folder / "pytest.xml", pytest_cases)
    result = junit.collect(folder)
    return result.passed, result.failed


def test_counts_cases_inside_a_binary(tmp_path):
    assert count(tmp_path, ctest=CTEST_PASSED, gtest=PASSED * 3) == (3, 0)


def test_counts_a_failed_case_once(tmp_path):
    failed = '<testcase name="b" status="run"><failure message="no"/></testcase>'
    assert count(tmp_path, ctest=CTEST_FAILED, gtest=PASSED + failed) == (1, 1)


def test_crash_after_passed_cases_fails(tmp_path):
    assert count(tmp_path, ctest=CTEST_FAILED, gtest=PASSED) == (1, 1)


def test_crash_without_a_report_fails(tmp_path):
    assert count(tmp_path, ctest=CTEST_FAILED) == (0, 1)


def test_ctest_entry_that_is_no_gtest_counts_as_one(tmp_path):
    assert count(tmp_path, ctest=CTEST_PASSED) == (1, 0)


def test_binary_without_tests_fails(tmp_path):
    assert count(tmp_path, ctest=CTEST_PASSED, gtest="") == (0, 1)


@pytest.mark.parametrize("case", [
    '<testcase name="a" status="run" result="skipped"><skipped message="no root"/></testcase>',
    '<testcase name="a" status="notrun" result="suppressed"/>',
], ids=["skipped", "disabled"])
def test_gtest_case_that_did_not_run_fails(tmp_path, case):
    assert count(tmp_path, ctest=CTEST_PASSED, gtest=PASSED + case) == (1, 1)


@pytest.mark.parametrize("case", [
    '<testcase classname="m" name="a"><skipped type="pytest.skip" message="no"/></testcase>',
    '<testcase classname="m" name="a"><skipped type="pytest.xfail" message="no"/></testcase>',
    '<testcase classname="m" name="a"><error message="fixture"/></testcase>',
    '<testcase classname="m" name="a"><failure message="assert"/></testcase>',
], ids=["skipped", "expected failure", "error", "failure"])
def test_pytest_case_that_did_not_pass_fails(tmp_path, case):
    assert count(tmp_path, pytest_cases='<testcase classname="m" name="b"/>' + case) == (1, 1)


def test_level_without_tests_fails(tmp_path):
    assert count(tmp_path) == (0, 1)


def test_empty_reports_fail(tmp_path):
    assert count(tmp_path, ctest="", pytest_cases="") == (0, 1)


def test_report_cut_short_fails(tmp_path):
    (tmp_path / "pytest.xml").write_text("<testsuite><testcase")
    assert count(tmp_path) == (0, 1)
