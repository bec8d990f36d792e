# SPDX-License-Identifier: Apache-2.0
"""How tests/bench/overlay_functions reads what qemu counted."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "bench")]

from functions import report  # noqa: E402

SYMBOLS = """ffffffff81000000 T first
ffffffff81000100 t second\t[module]
ffffffff81000180 D no_function
ffffffff81000200 t bpf_prog_12_tc_port\t[bpf]
"""


def write(folder, number, label, counts):
    (folder / f"section-{number}").write_text(label)
    (folder / f"section-{number}.symbols").write_text(SYMBOLS)
    (folder / f"section-{number}.counts").write_text(
        "".join(f"{address:x} {count}\n" for address, count in counts.items()))


def test_section_is_what_was_spent_between_its_ends_by_function(tmp_path):
    first, second, program = 0xffffffff81000010, 0xffffffff810001ff, 0xffffffff81000200
    write(tmp_path, 0, "coax tcp", {first: 100, 0x400000: 5})
    write(tmp_path, 1, "", {first: 110, second: 7, program: 3, 0x400000: 9})
    assert report.sections(tmp_path) == {
        "coax tcp": {"first": 10, "second[module]": 7, "bpf_prog_12_tc_port[bpf]": 3,
                     report.USER: 4}}


def test_section_without_an_end_is_left_out(tmp_path):
    write(tmp_path, 0, "coax tcp", {1: 1})
    assert report.sections(tmp_path) == {}


def test_table_begins_with_what_differs_most():
    spent = {"a": {"same": 9000, "less": 1000}, "b": {"same": 9000, "less": 4000}}
    lines = [line.split() for line in report.table(
        {label: report.Counter(counter) for label, counter in spent.items()}, 1)]
    assert lines == [["a", "b"], ["all", "10.0", "13.0"], ["less", "1.0", "4.0"]]
