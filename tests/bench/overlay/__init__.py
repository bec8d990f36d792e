# SPDX-License-Identifier: Apache-2.0
"""Overlays side by side on one kernel: how each is built, what is measured; tests/bench/README.md.

Standard library only; the topology is that of tests/harness.
"""
