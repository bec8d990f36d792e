# SPDX-License-Identifier: Apache-2.0
"""The rules of the house that a search can hold. Each comes with a sample that must be refused.

A rule sees one file: its path in the checkout and its text. It returns what is wrong, as
"LINE: why" strings, and nothing when all is well.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

CPP = (".h", ".cpp")
CODE = (".h", ".cpp", ".c", ".proto", ".py")
MAX_LINES = 600
MAX_COLUMNS = 100


@dataclass(frozen=True)
class Rule:
    """refused and accepted are (path, text) samples that prove the rule bites and lets live."""

    name: str
    find: Callable[[str, str], list[str]]
    refused: tuple[str, str]
    accepted: tuple[str, str]


def _is_script(text: str) -> bool:
    return text.startswith("#!")


def _lines(pattern: str, text: str, why: str, *, skip: str | None = None) -> list[str]:
    """Lines that match the pattern, comments of // and # style cut off first if they match skip."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        code = re.sub(skip, "", line) if skip else line
        if re.search(pattern, code):
            found.append(f"{number}: {why}: {line.strip()}")
    return found


_COMMENT = r"(^|\s)(//|\*|/\*|#).*"


def spdx_first(path: str, text: str) -> list[str]:
    lines = text.splitlines()
    if not (path.endswith(CODE) or _is_script(text)) or not lines:
        return []
    first = lines[1] if _is_script(text) and len(lines) > 1 else lines[0]
    wanted = "GPL-2.0" if path.startswith("bpf/") else "Apache-2.0"
    if "SPDX-License-Identifier:" not in first or wanted not in first:
        return [f"1: expected an SPDX line with {wanted}, found: {first}"]
    return []


def pragma_once(path: str, text: str) -> list[str]:
    if not path.endswith(".h") or re.search(r"^#pragma once$", text, re.M):
        return []
    return ["1: a header without #pragma once"]


def no_long_files(_path: str, text: str) -> list[str]:
    count = text.count("\n")
    return [f"{count}: more than {MAX_LINES} lines; split it"] if count > MAX_LINES else []


def no_long_lines(path: str, text: str) -> list[str]:
    """clang-format holds C and C++; this holds the rest."""
    if not (path.endswith((".py", ".cmake", "CMakeLists.txt", ".proto")) or _is_script(text)):
        return []
    return [f"{number}: {len(line)} columns, more than {MAX_COLUMNS}"
            for number, line in enumerate(text.splitlines(), 1) if len(line) > MAX_COLUMNS]


def no_leftovers(path: str, text: str) -> list[str]:
    if path == "tests/check/house_rules.py":
        return []
    return _lines(r"\b(TODO|FIXME|XXX|HACK)\b", text, "unfinished work")


def no_bpf_printk(path: str, text: str) -> list[str]:
    if not path.startswith("bpf/") or path.endswith(".md"):
        return []
    return _lines(r"\bbpf_(trace_)?printk\b", text, "debug output")


def no_conditional_bpf(path: str, text: str) -> list[str]:
    if not path.startswith("bpf/"):
        return []
    return _lines(r"^\s*#\s*(if|ifdef|ifndef|elif)\b", text, "a feature behind the preprocessor")


def no_conditional_features(path: str, text: str) -> list[str]:
    """Only the shared ABI headers may ask which language they are read as."""
    if not path.startswith(("userspace/", "tests/")) or not path.endswith(CPP):
        return []
    return _lines(r"^\s*#\s*(if|ifdef|ifndef)\b(?!.*__has_feature|.*__SANITIZE)", text,
                  "a feature behind the preprocessor")


def no_sleeps(path: str, text: str) -> list[str]:
    """Only the harness function that polls to a deadline may sleep."""
    allowed = ("tests/harness/topology/shell.py", "tests/check/house_rules.py")  # the samples below
    if not path.startswith("tests/") or path in allowed:
        return []
    if not (path.endswith(CODE) or _is_script(text)):
        return []
    calls = r"\b(time\.sleep|asyncio\.sleep|sleep_for|sleep_until|usleep|nanosleep|sleep)\s*\("
    return _lines(calls + r"|^\s*sleep\s", text, "a sleep", skip=_COMMENT)


def no_exceptions(path: str, text: str) -> list[str]:
    if not path.startswith("userspace/") or not path.endswith(CPP):
        return []
    return _lines(r"\bthrow\b", text, "an exception of our own", skip=_COMMENT)


def locks_in_base(path: str, text: str) -> list[str]:
    if not path.startswith("userspace/") or path.startswith("userspace/lib/base/"):
        return []
    return _lines(r"\bstd::(\w*mutex|lock_guard|unique_lock|scoped_lock)\b", text,
                  "a lock outside lib/base", skip=_COMMENT)


def arrows_point_down(path: str, text: str) -> list[str]:
    """include <- userspace/lib <- agent | cli; lib/base depends on nothing of ours."""
    above = {"userspace/lib/": r'"(agent|cli|controller|cni)/', "userspace/cli/": r'"agent/',
             "userspace/agent/": r'"cli/', "include/": r'"(lib|agent|cli)/',
             "bpf/": r'"(lib/(base|net|bpf|state|config)|agent|cli)/',
             "userspace/lib/base/": r'"lib/(?!base/)'}
    found = []
    for folder, pattern in above.items():
        if path.startswith(folder):
            found += _lines(r"^\s*#\s*include\s+" + pattern, text, "an include that points up")
    return found


def kernel_apis_in_their_libraries(path: str, text: str) -> list[str]:
    """Only lib/bpf sees libbpf and skeletons; only lib/wireguard and lib/net see netlink."""
    if not path.startswith("userspace/"):
        return []
    found = []
    if not path.startswith("userspace/lib/bpf/"):
        found += _lines(r'#\s*include\s+(<(bpf|xdp)/|".*\.skel\.h")', text,
                        "libbpf outside lib/bpf")
    if not path.startswith(("userspace/lib/net/", "userspace/lib/wireguard/")):
        found += _lines(r"#\s*include\s+<(netlink/|linux/(rt)?netlink)", text,
                        "netlink outside lib/net and lib/wireguard")
    return found


def starts_on_a_bare_machine(path: str, text: str) -> list[str]:
    """What the README says to type first: before tools/setup ran, nothing else is."""
    first = ("tools/setup", "tools/demo", "tools/test", ".ci/run")
    if path not in first or text.startswith("#!/bin/bash\n"):
        return []
    return ["1: expected #!/bin/bash: nothing else is there before tools/setup ran"]


def no_generated_files(path: str, _text: str) -> list[str]:
    if re.search(r"\.(skel\.h|pb\.(h|cc)|bpf\.o)$", path):
        return ["1: generated code belongs to the build folder"]
    return []


_SPDX = "// SPDX-License-Identifier: Apache-2.0\n"

RULES = [
    Rule("spdx_first", spdx_first, ("userspace/a.cpp", "#include <x>\n" + _SPDX),
         ("userspace/a.cpp", _SPDX)),
    Rule("spdx_of_bpf_allows_gpl", spdx_first, ("bpf/a.bpf.c", _SPDX),
         ("bpf/a.bpf.c", "// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)\n")),
    Rule("spdx_second_in_scripts", spdx_first, ("tools/a", "#!/bin/bash\nset -e\n"),
         ("tools/a", "#!/bin/bash\n# SPDX-License-Identifier: Apache-2.0\n")),
    Rule("pragma_once", pragma_once, ("bpf/lib/a.bpf.h", "#ifndef A_H\n"),
         ("bpf/lib/a.bpf.h", "#pragma once\n")),
    Rule("no_long_files", no_long_files, ("tests/a.py", "\n" * (MAX_LINES + 1)),
         ("tests/a.py", "\n" * MAX_LINES)),
    Rule("no_long_lines", no_long_lines, ("tools/a.py", "x" * (MAX_COLUMNS + 1)),
         ("tools/a.py", "x" * MAX_COLUMNS)),
    Rule("no_leftovers", no_leftovers, ("bpf/a.bpf.c", "/* TODO: later */"),
         ("bpf/a.bpf.c", "/* done */")),
    Rule("no_bpf_printk", no_bpf_printk, ("bpf/a.bpf.c", '    bpf_printk("here");'),
         ("bpf/README.md", "No `bpf_printk` here.")),
    Rule("no_conditional_bpf", no_conditional_bpf, ("bpf/a.bpf.c", "#ifdef COAX_RELAY"),
         ("bpf/a.bpf.c", "#include <linux/if_ether.h>")),
    Rule("no_conditional_features", no_conditional_features, ("userspace/a.cpp", "#if COAX_X"),
         ("include/coax/abi/a.h", "#ifdef __cplusplus")),
    Rule("no_sleeps_in_cpp", no_sleeps, ("tests/unit/a.cpp", "std::this_thread::sleep_for(1s);"),
         ("tests/unit/a.cpp", "clock.advance(1s);  // no sleep() here")),
    Rule("no_sleeps_in_python", no_sleeps, ("tests/netns/a.py", "    time.sleep(1)"),
         ("tests/netns/a.py", '    popen(["sleep", "1000"])')),
    Rule("no_sleeps_in_scripts", no_sleeps, ("tests/vm/a", "#!/bin/bash\n    sleep 1"),
         ("tests/vm/a", "#!/bin/bash\nqemu -icount sleep=off")),
    Rule("starts_on_a_bare_machine", starts_on_a_bare_machine,
         ("tools/demo", "#!/usr/bin/python3\n"), ("tools/demo", "#!/bin/bash\n")),
    Rule("no_exceptions", no_exceptions, ("userspace/a.cpp", "throw Error();"),
         ("userspace/a.cpp", "f();  // does not throw")),
    Rule("locks_in_base", locks_in_base, ("userspace/agent/a.h", "std::mutex lock_;"),
         ("userspace/lib/base/a.h", "std::mutex lock_;")),
    Rule("arrows_point_down", arrows_point_down,
         ("userspace/lib/net/a.h", '#include "agent/ports.h"'),
         ("userspace/agent/a.h", '#include "lib/net/links.h"')),
    Rule("base_stands_alone", arrows_point_down,
         ("userspace/lib/base/a.h", '#include "lib/net/links.h"'),
         ("userspace/lib/base/a.h", '#include "lib/base/result.h"')),
    Rule("libbpf_in_lib_bpf", kernel_apis_in_their_libraries,
         ("userspace/agent/a.cpp", "#include <bpf/libbpf.h>"),
         ("userspace/lib/bpf/a.cpp", "#include <bpf/libbpf.h>")),
    Rule("netlink_in_lib_net", kernel_apis_in_their_libraries,
         ("userspace/agent/a.cpp", "#include <netlink/netlink.h>"),
         ("userspace/lib/net/a.cpp", "#include <netlink/netlink.h>")),
    Rule("no_generated_files", no_generated_files, ("bpf/tc_port.skel.h", ""),
         ("bpf/tc_port.bpf.c", "")),
]
