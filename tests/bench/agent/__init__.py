# SPDX-License-Identifier: Apache-2.0
"""What needs agents but no kernel WireGuard: the spread over lanes, the cost of many peers."""
