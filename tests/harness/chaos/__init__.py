# SPDX-License-Identifier: Apache-2.0
"""Faults done to live nodes, and what must be true again afterwards. See tests/chaos/README.md."""
