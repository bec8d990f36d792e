# SPDX-License-Identifier: Apache-2.0
"""A classic BPF socket filter: 0 for a well-formed WireGuard packet, everything else passes.

With it the kernel sorts at any speed, and user space only ever reads what should not be there.
Shapes: https://www.wireguard.com/protocol/ (lengths 148, 92, 64, and 32 + n * 16).
"""

import struct

_LDB, _LDH, _LDW, _SUB = 0x30, 0x28, 0x20, 0x14
_JEQ, _JGE, _JSET, _RET = 0x15, 0x35, 0x45, 0x06
_UDP_HEADER = 8
_LENGTH_OF_TYPE = {1: 148, 2: 92, 3: 64}
_ETHERTYPE_OFFSET, _L3_OFFSET = 12, 14


class _Assembler:
    """Instructions with labels as jump targets; None is the next instruction."""

    def __init__(self):
        self._code = []
        self._labels = {}

    def label(self, name):
        self._labels[name] = len(self._code)

    def emit(self, opcode, value, yes=None, no=None):
        self._code.append((opcode, value, yes, no))

    def assemble(self):
        return b"".join(
            struct.pack("HBBI", opcode, self._hop(at, yes), self._hop(at, no), value)
            for at, (opcode, value, yes, no) in enumerate(self._code))

    def _hop(self, at, label):
        return 0 if label is None else self._labels[label] - at - 1


def not_wireguard(udp_ports):
    """The filter program, for UDP packets between any two of `udp_ports`."""
    asm = _Assembler()
    asm.emit(_LDH, _ETHERTYPE_OFFSET)
    asm.emit(_JEQ, 0x0800, "v4", None)
    asm.emit(_JEQ, 0x86DD, "v6", "other")
    asm.label("v4")
    asm.emit(_LDB, _L3_OFFSET)
    asm.emit(_JEQ, 0x45, None, "other")  # no IP options
    asm.emit(_LDH, _L3_OFFSET + 6)
    asm.emit(_JSET, 0x3FFF, "other", None)  # no fragment
    asm.emit(_LDB, _L3_OFFSET + 9)
    asm.emit(_JEQ, 17, None, "other")
    _udp(asm, "a", _L3_OFFSET + 20, udp_ports)
    asm.label("v6")
    asm.emit(_LDB, _L3_OFFSET + 6)
    asm.emit(_JEQ, 17, None, "other")  # no extension header, so no fragment either
    _udp(asm, "b", _L3_OFFSET + 40, udp_ports)
    asm.label("wireguard")
    asm.emit(_RET, 0)
    asm.label("other")
    asm.emit(_RET, 0x40000)
    return asm.assemble()


def _udp(asm, tag, offset, udp_ports):
    for side, field in (("source", 0), ("destination", 2)):
        asm.emit(_LDH, offset + field)
        for port in sorted(udp_ports):
            asm.emit(_JEQ, port, f"{tag}-{side}", None)
        asm.emit(_RET, 0x40000)
        asm.label(f"{tag}-{side}")
    asm.emit(_LDW, offset + _UDP_HEADER)  # type and three reserved zero bytes
    for kind in _LENGTH_OF_TYPE:
        asm.emit(_JEQ, kind << 24, f"{tag}-{kind}", None)
    asm.emit(_JEQ, 4 << 24, None, "other")
    asm.emit(_LDH, offset + 4)
    asm.emit(_SUB, _UDP_HEADER)
    asm.emit(_JSET, 0xF, "other", None)
    asm.emit(_JGE, 32, "wireguard", "other")
    for kind, length in _LENGTH_OF_TYPE.items():
        asm.label(f"{tag}-{kind}")
        asm.emit(_LDH, offset + 4)
        asm.emit(_JEQ, length + _UDP_HEADER, "wireguard", "other")
