# SPDX-License-Identifier: Apache-2.0
"""Many simulated agents against a real controller."""
