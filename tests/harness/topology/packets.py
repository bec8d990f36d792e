# SPDX-License-Identifier: Apache-2.0
"""Packets byte by byte, for what no ordinary program sends."""

import socket
import struct

from .frames import mac_bytes

VXLAN_PORT = 4789


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(source, target, protocol, payload):
    def head(check):
        return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 7, 0, 64, protocol, check,
                           socket.inet_aton(source), socket.inet_aton(target))
    return head(checksum(head(0))) + payload


def ipv6(source, target, next_header, payload):
    return struct.pack("!IHBB16s16s", 6 << 28, len(payload), next_header, 64,
                       socket.inet_pton(socket.AF_INET6, source),
                       socket.inet_pton(socket.AF_INET6, target)) + payload


def udp(source, target, payload):
    return struct.pack("!HHHH", source, target, 8 + len(payload), 0) + payload


def vxlan(vni, frame):
    return struct.pack("!II", 0x08000000, vni << 8) + frame


def vxlan_packet(source, target, vni, frame):
    return ipv4(source, target, 17, udp(50000, VXLAN_PORT, vxlan(vni, frame)))


def arp(operation, mac, ip, target_ip):
    return struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, operation, mac_bytes(mac),
                       socket.inet_aton(ip), bytes(6), socket.inet_aton(target_ip))
