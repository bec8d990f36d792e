// SPDX-License-Identifier: Apache-2.0
#include "lib/bpf/programs.h"

#include "tc_handover.skel.h"
#include "tc_lane.skel.h"
#include "tc_port.skel.h"
#include "tc_uplink.skel.h"
#include "xdp_uplink.skel.h"

namespace coax {
namespace {

EmbeddedObject object_of(std::string_view name, const void *(*elf_bytes)(std::size_t *size)) {
    std::size_t size = 0;
    const void *bytes = elf_bytes(&size);
    return {name, std::span(static_cast<const std::byte *>(bytes), size)};
}

} // namespace

EmbeddedObject embedded_object(ProgramId id) {
    switch (id) {
    case ProgramId::kTcPort:
        return object_of("tc_port", tc_port__elf_bytes);
    case ProgramId::kTcLane:
        return object_of("tc_lane", tc_lane__elf_bytes);
    case ProgramId::kTcHandover:
        return object_of("tc_handover", tc_handover__elf_bytes);
    case ProgramId::kTcUplink:
        return object_of("tc_uplink", tc_uplink__elf_bytes);
    case ProgramId::kXdpUplink:
        break;
    }
    return object_of("xdp_uplink", xdp_uplink__elf_bytes);
}

} // namespace coax
