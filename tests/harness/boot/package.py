# SPDX-License-Identifier: Apache-2.0
"""The Debian package of the build under test, made by cpack."""

import glob

from topology.binaries import build_directory
from topology.shell import run


def make_package(folder, version=None):
    """Path of the .deb; `version` stands in for the project's: the same content, another number."""
    number = [f"-DCPACK_PACKAGE_VERSION={version}", "-R", version] if version else []
    run(["cpack", "--config", f"{build_directory()}/CPackConfig.cmake", "-B", folder, *number],
        timeout=600)
    found = glob.glob(f"{folder}/*.deb")
    assert len(found) == 1, f"expected one package in {folder}, found {found}"
    return found[0]
