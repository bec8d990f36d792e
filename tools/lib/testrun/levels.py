# SPDX-License-Identifier: Apache-2.0
"""The test levels: what each one runs, and which build it needs."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import fuzzing
import junit
from process import Processes

PYTHON = "/usr/bin/python3"
KERNELS = ("6.1", "6.12")
NETNS_LIMIT_S = 3000  # bounds a hang, also in an emulated guest
LONGER = ("COAX_CHAOS_SECONDS", "COAX_SOAK_SECONDS")  # see tests/chaos/README.md
# Workers of pytest. All tests of dashboards ask the same Prometheus; a machine that boots takes a
# processor for itself; all faults of chaos are done to the same nodes, one after the other.
ONE_WORKER, IN_PROCESS = 1, 0
FUZZ_SECONDS = "60"  # of each target: the level takes about seven minutes on two cores


@dataclass
class Context:
    """What every level gets. build is the folder of a finished build."""

    repo: Path
    logs: Path
    build: Path
    processes: Processes
    env: dict[str, str] = field(default_factory=dict)
    background: bool = False

    def run(self, folder: Path, command: list[str], limit_s: float,
            env: dict[str, str] | None = None) -> int:
        return self.processes.run(command, folder / "log", cwd=self.repo, limit_s=limit_s,
                                  env={**self.env, **(env or {})}, background=self.background)


def _isolated(ctx: Context, command: list[str]) -> list[str]:
    """Own mounts, processes and network: what a test leaves behind goes when the level ends."""
    return ["unshare", "--mount", "--pid", "--net", "--fork", "--kill-child", "--mount-proc",
            str(ctx.repo / "tools/lib/testrun/isolated"), *command]


def _ctest(ctx: Context, folder: Path, label: str, limit_s: float, *, isolate: bool) -> int:
    command = ["ctest", "--test-dir", str(ctx.build), "-L", f"^{label}$", "--output-on-failure",
               "--no-tests=ignore", "-j2", "--output-junit", str(folder / "ctest.xml")]
    env = {"GTEST_OUTPUT": f"xml:{folder}/gtest/", "COAX_BUILD": str(ctx.build)}
    return ctx.run(folder, _isolated(ctx, command) if isolate else command, limit_s, env)


def _pytest(ctx: Context, folder: Path, tests: Path, limit_s: float, *, isolate: bool,
            workers: int = 2) -> int:
    # The nodes of a module take a guest minutes to start: they are started for one worker only.
    spread = ["--dist", "loadfile"] if "COAX_VM_KERNEL" in os.environ else []
    command = [PYTHON, "-B", "-m", "pytest", "-p", "no:cacheprovider", "-n", str(workers), *spread,
               "-ra", "--durations=30", f"--junitxml={folder}/pytest.xml", str(tests)]
    env = {"COAX_BUILD": str(ctx.build)}
    return ctx.run(folder, _isolated(ctx, command) if isolate else command, limit_s, env)


def _judge(folder: Path, codes: list[int]) -> junit.Count:
    """The counted cases; a command that failed without a failed case is one failure."""
    count = junit.collect(folder)
    failed = [code for code in codes if code != 0]
    if failed and not count.failures:
        count.failures.append(f"exit code {failed[0]} though no test case failed")
    return count


def _ctest_level(label: str, limit_s: float, isolate: bool) -> Callable[[Context], junit.Count]:
    def run(ctx: Context) -> junit.Count:
        folder = ctx.logs / label
        return _judge(folder, [_ctest(ctx, folder, label, limit_s, isolate=isolate)])

    return run


def netns(ctx: Context) -> junit.Count:
    folder = ctx.logs / "netns"
    codes = [_ctest(ctx, folder, "netns", 600, isolate=True)]
    tests = ctx.repo / "tests/netns"
    if tests.is_dir():
        codes.append(_pytest(ctx, folder, tests, NETNS_LIMIT_S, isolate=True))
    return _judge(folder, codes)


def _pytest_level(name: str, limit_s: float, workers: int) -> Callable[[Context], junit.Count]:
    def run(ctx: Context) -> junit.Count:
        folder = ctx.logs / name
        longer = sum(float(os.environ.get(variable, "0")) for variable in LONGER)
        return _judge(folder, [_pytest(ctx, folder, ctx.repo / "tests" / name,
                                       limit_s + 2 * longer, isolate=True, workers=workers)])

    return run


def boot(ctx: Context) -> junit.Count:
    """The root of its machines is made before: the level's own network reaches no mirror."""
    folder = ctx.logs / "boot"
    code = ctx.run(folder, [str(ctx.repo / "tests/boot/root")], 1200)
    tests = ctx.repo / "tests/boot"
    return _judge(folder, [code or _pytest(ctx, folder, tests, 2400, isolate=True,
                                           workers=ONE_WORKER)])


def check(ctx: Context) -> junit.Count:
    folder = ctx.logs / "check"
    code = _pytest(ctx, folder, ctx.repo / "tests/check", 2700, isolate=False)
    return _judge(folder, [code])


def asan(ctx: Context) -> junit.Count:
    """A report of a sanitizer fails the level, also that of an agent whose end no test looks at."""
    folder = ctx.logs / "asan"
    reports = folder / "reports"
    reports.mkdir(parents=True, exist_ok=True)
    options = f"log_path={reports}/report:print_stacktrace=1"
    inner = Context(ctx.repo, folder, ctx.build, ctx.processes,
                    {"ASAN_OPTIONS": options + ":detect_leaks=1", "UBSAN_OPTIONS": options})
    count = junit.Count()
    count.add(LEVELS["unit"].run(inner), "unit ")
    count.add(netns(inner), "netns ")
    for report in sorted(reports.iterdir()):
        text = report.read_text(errors="replace")
        lines = [line for line in text.splitlines() if "ERROR" in line or "error" in line]
        count.failures.append(f"{report}: {(lines or ['sanitizer report'])[0]}")
    return count


def _one_vm(ctx: Context, kernel: str) -> junit.Count:
    """The bpf and netns levels inside a guest; the guest leaves its JUnit files in the folder."""
    folder = ctx.logs / "vm" / kernel
    results = folder / "results"
    results.mkdir(parents=True, exist_ok=True)
    # Deadlines bound a hang, not the speed of an emulated processor.
    share = f"COAX_VM_SHARE={KERNELS.index(kernel)}/{len(KERNELS)}"
    inside = ["env", "COAX_TEST_DEADLINE_S=300", share, PYTHON, "-B",
              str(ctx.repo / "tools/lib/testrun/main.py"), "--built", str(ctx.build),
              "--logs", "/coax-vm/out", "bpf", "netns"]
    code = ctx.run(folder, [str(ctx.repo / "tests/vm/run"), "--timeout", "3300",
                            "--out", str(results), kernel, *inside], 3600)
    count = junit.Count()
    for level in ("bpf", "netns"):
        count.add(_judge(results / level, []), f"{kernel} {level} ")
    if code != 0 and not count.failures:
        count.failures.append(f"{kernel}: exit code {code} though no test case failed")
    return count


def vm(ctx: Context) -> junit.Count:
    count = junit.Count()
    with ThreadPoolExecutor(len(KERNELS)) as pool:
        for result in pool.map(lambda kernel: _one_vm(ctx, kernel), KERNELS):
            count.add(result)
    return count


def fuzz(ctx: Context) -> junit.Count:
    """One case per target of tests/fuzz, two at a time. See tests/fuzz/README.md."""
    seconds = int(os.environ.get("COAX_FUZZ_SECONDS", FUZZ_SECONDS))
    folder = ctx.logs / "fuzz"
    jobs = [(name, fuzzing.library_command(ctx.repo, ctx.build, folder, name, seconds))
            for name in fuzzing.library_targets(ctx.repo)]
    jobs += [(name, _isolated(ctx, fuzzing.bpf_command(ctx.build, folder, name, seconds)))
             for name in fuzzing.BPF_PROGRAMS]

    def run(job: tuple[str, list[str]]) -> str | None:
        name, command = job
        code = ctx.run(folder / name, command, seconds + 120, fuzzing.ENV)
        return fuzzing.finding(folder / name / "log", code)

    count = junit.Count()
    with ThreadPoolExecutor(2) as pool:
        for (name, _), found in zip(jobs, pool.map(run, jobs)):
            count.passed += found is None
            count.failures += [f"{name}: {found}"] if found else []
    return count


def bench(ctx: Context) -> junit.Count:
    """Records figures; only ratios of the instruction-counted VM can fail it. Not the programs'
    nanoseconds, which mean nothing beside other levels."""
    folder = ctx.logs / "bench"
    command = [str(ctx.repo / "tools/bench"), "--quick", "--gate",
               "--json", str(folder / "result.json"), "agent", "overlays"]
    code = ctx.run(folder, command, 2400, {"COAX_BUILD": str(ctx.build)})
    return junit.Count(0, [f"tools/bench: exit code {code}"]) if code else junit.Count(1)


@dataclass(frozen=True)
class Level:
    """build: the preset it needs. needs_root: it makes namespaces and loads BPF programs.

    background: beside the others, at the lowest priority.
    alone: it takes all processors for long: begins when builds and background levels are done,
    which would starve beside it.
    """

    run: Callable[[Context], junit.Count]
    proves: str
    build: str = "release"
    needs_root: bool = False
    background: bool = False
    alone: bool = False


LEVELS = {
    "unit": Level(_ctest_level("unit", 300, False), "logic with fakes, fake clock"),
    "abi": Level(_ctest_level("abi", 300, False), "C++ and BTF agree; every enum has a text"),
    "bpf": Level(_ctest_level("bpf", 900, True), "each BPF program, byte for byte",
                 needs_root=True),
    "store": Level(_ctest_level("store", 600, True),
                   "the store of the control plane on three etcd members that fail",
                   needs_root=True),
    "netns": Level(netns, "nodes in network namespaces, real traffic", needs_root=True),
    "dashboards": Level(_pytest_level("dashboards", 600, ONE_WORKER),
                        "every panel and alert rule, by Prometheus on live agents",
                        needs_root=True),
    "chaos": Level(_pytest_level("chaos", 1200, IN_PROCESS),
                   "whatever is done to a node: it heals, leaks nothing, never crashes",
                   needs_root=True),
    "boot": Level(boot, "units and package under a real systemd", needs_root=True),
    "asan": Level(asan, "unit and netns under ASan and UBSan", build="asan", needs_root=True),
    "vm": Level(vm, "bpf and netns on kernels 6.1 and 6.12 with kernel WireGuard",
                needs_root=True, alone=True),
    "check": Level(check, "clang-format, clang-tidy, house rules", background=True),
    "fuzz": Level(fuzz, "parsers and BPF programs with bytes nobody would send", build="fuzz",
                  needs_root=True, background=True),
    "bench": Level(bench, "TCP beside what people use today; other figures are only recorded",
                   needs_root=True, background=True),
}


def missing_right(names: list[str]) -> str | None:
    """Why the levels cannot run as this user, or None."""
    rooted = [name for name in names if LEVELS[name].needs_root]
    if rooted and os.geteuid() != 0:
        return (f"levels {', '.join(rooted)} need root, found uid {os.geteuid()}: "
                "run it with sudo, or name other levels")
    return None
