# SPDX-License-Identifier: Apache-2.0
"""The parts of tools/demo. Standard library only; the topology is that of tests/harness."""
