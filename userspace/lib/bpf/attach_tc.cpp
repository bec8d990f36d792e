// SPDX-License-Identifier: Apache-2.0
#include "lib/bpf/attach_tc.h"

#include <cerrno>

#include <fmt/format.h>

namespace coax {
namespace {

bpf_tc_hook hook_of(const TcSlot &slot) {
    LIBBPF_OPTS(bpf_tc_hook, hook);
    hook.ifindex = static_cast<int>(slot.link.value());
    hook.attach_point = slot.side == TcSide::kIngress ? BPF_TC_INGRESS : BPF_TC_EGRESS;
    return hook;
}

bpf_tc_opts our_place() {
    LIBBPF_OPTS(bpf_tc_opts, place);
    place.priority = kTcPriority;
    place.handle = kTcHandle;
    return place;
}

std::string slot_text(const TcSlot &slot) {
    return fmt::format("{} {}", link_text(slot.link),
                       slot.side == TcSide::kIngress ? "ingress" : "egress");
}

/// The program at our priority and handle; absent when there is none.
Result<std::optional<ProgramInfo>> program_at(const TcSlot &slot) {
    const bpf_tc_hook hook = hook_of(slot);
    bpf_tc_opts place = our_place();
    const int rc = bpf_tc_query(&hook, &place);
    // EINVAL: no qdisc, or a classifier of another kind has the priority (then attaching says so).
    if (rc == -ENOENT || rc == -EINVAL)
        return std::optional<ProgramInfo>();
    if (rc != 0)
        return Error::from_errno(fmt::format("query TC filters of {}", slot_text(slot)), -rc);
    return program_info_by_id(place.prog_id);
}

Status put(const TcSlot &slot, const LoadedProgram &program, bool replace) {
    const bpf_tc_hook hook = hook_of(slot);
    bpf_tc_opts place = our_place();
    place.prog_fd = program.fd.get();
    place.flags = replace ? BPF_TC_F_REPLACE : 0;
    const int rc = bpf_tc_attach(&hook, &place);
    if (rc == 0)
        return {};
    if (rc == -EEXIST || rc == -EINVAL)
        return Error(
            ErrorCode::kBusy,
            fmt::format("attach {} to {}: a filter that is not a BPF program, or of another "
                        "protocol, has priority {}; see `tc filter show dev {}`, and move it "
                        "to another priority",
                        program.info.name, slot_text(slot), kTcPriority, link_text(slot.link)));
    return Error::from_errno(fmt::format("attach {} to {}", program.info.name, slot_text(slot)),
                             -rc);
}

} // namespace

Result<bool> attach_tc(const TcSlot &slot, const LoadedProgram &program, const Ownership &ownership,
                       const Clsact &clsact) {
    COAX_ASSIGN_OR_RETURN(const auto present, program_at(slot));
    if (!present) {
        COAX_TRY(clsact.ensure(slot.link));
        COAX_TRY(put(slot, program, false));
        return true;
    }
    const auto verdict = ownership.judge(*present);
    if (verdict.owner == Owner::kOurs && present->tag == program.info.tag)
        return false;
    if (verdict.owner == Owner::kOtherInstance || verdict.owner == Owner::kForeign)
        return Error(
            ErrorCode::kBusy,
            fmt::format("attach {} to {}: priority {} handle {:#x} is taken by {}; detach it "
                        "first",
                        program.info.name, slot_text(slot), kTcPriority, kTcHandle, verdict.text));
    COAX_TRY(put(slot, program, true));
    return true;
}

Status detach_tc(const TcSlot &slot, const Ownership &ownership, const Clsact &clsact) {
    COAX_ASSIGN_OR_RETURN(const auto present, program_at(slot));
    if (present && ownership.is_ours(*present)) {
        const bpf_tc_hook hook = hook_of(slot);
        const bpf_tc_opts place = our_place();
        const int rc = bpf_tc_detach(&hook, &place);
        if (rc != 0 && rc != -ENOENT)
            return Error::from_errno(
                fmt::format("detach {} from {}", present->name, slot_text(slot)), -rc);
    }
    return clsact.remove_if_ours(slot.link);
}

std::vector<std::string> filters_before_ours(const TcSlot &slot) {
    std::vector<std::string> texts;
    const auto filters = list_filters(slot.link, slot.side);
    if (!filters.ok())
        return texts; // attaching has already reported what is wrong with the link
    for (const auto &filter : *filters) {
        if (filter.priority < kTcPriority)
            texts.push_back(fmt::format("{}: a {} filter of priority {} runs before Coax's and can "
                                        "let packets past it",
                                        slot_text(slot), filter.kind, filter.priority));
    }
    return texts;
}

} // namespace coax
