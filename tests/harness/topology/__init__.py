# SPDX-License-Identifier: Apache-2.0
"""Several Coax nodes in network namespaces of one machine. Shared by tests/netns and tools/demo.

Standard library only. See tests/netns/README.md for the drawing.
"""
