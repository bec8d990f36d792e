# SPDX-License-Identifier: Apache-2.0
"""What all checks share: the tracked files, and the build that clang-tidy follows."""

import os
import subprocess
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("COAX_BUILD", REPO / "build/release")).resolve()


def tracked(*suffixes: str) -> list[str]:
    """Tracked files that exist, relative to the checkout; only those with one of the suffixes."""
    listing = subprocess.run(["git", "-C", str(REPO), "ls-files", "-z"], check=True,
                             stdout=subprocess.PIPE, text=True).stdout
    names = [name for name in listing.split("\0") if name and (REPO / name).is_file()]
    return sorted(name for name in names if not suffixes or name.endswith(suffixes))
