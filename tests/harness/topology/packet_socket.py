# SPDX-License-Identifier: Apache-2.0
"""Numbers of packet(7) and socket(7) that Python's socket module does not have."""

SOL_PACKET = 263
PACKET_STATISTICS = 6
PACKET_AUXDATA = 8
PACKET_VNET_HDR = 15
PACKET_IGNORE_OUTGOING = 23
ETH_P_ALL = 3
SO_ATTACH_FILTER = 26
SO_RCVBUFFORCE = 33  # beyond net.core.rmem_max
