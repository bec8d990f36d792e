// SPDX-License-Identifier: Apache-2.0
#include "lib/bpf/attach_xdp.h"

#include <array>
#include <cerrno>
#include <memory>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/if_link.h>
#include <xdp/libxdp.h>

#include "lib/bpf/clsact.h"

namespace coax {
namespace {

struct XdpProgramClose {
    void operator()(xdp_program *program) const { xdp_program__close(program); }
};
using XdpProgramPtr = std::unique_ptr<xdp_program, XdpProgramClose>;

int index_of(IfIndex link) {
    return static_cast<int>(link.value());
}

std::uint32_t kernel_flag(XdpMode mode) {
    return mode == XdpMode::kGeneric ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
}

xdp_attach_mode libxdp_mode(XdpMode mode) {
    return mode == XdpMode::kGeneric ? XDP_MODE_SKB : XDP_MODE_NATIVE;
}

bool fits(XdpMode mode, std::optional<bool> native) {
    return !native || *native == (mode == XdpMode::kNative);
}

Error libxdp_error(std::string_view what, long rc) {
    std::array<char, 128> text{};
    libxdp_strerror(static_cast<int>(rc), text.data(), text.size());
    const auto plain = Error::from_errno("", static_cast<int>(-rc)); // for its code
    return {plain.code(), fmt::format("{}: {}", what, text.data())};
}

Error busy(IfIndex link, std::string_view holder) {
    return {
        ErrorCode::kBusy,
        fmt::format("attach xdp_uplink to {0}: {1} has the XDP hook to itself, not through "
                    "libxdp's dispatcher; detach it (ip link set dev {0} xdp off) or load it with "
                    "`xdp-loader load`",
                    link_text(link), holder)};
}

Status detach_alone(IfIndex link, const XdpState &state) {
    const UniqueFd old(bpf_prog_get_fd_by_id(state.main.id));
    if (!old.valid())
        return errno == ENOENT ? Status() : Error::from_errno("open the XDP program", errno);
    LIBBPF_OPTS(bpf_xdp_attach_opts, options);
    options.old_prog_fd = old.get(); // never somebody else's that came meanwhile
    const int rc = bpf_xdp_detach(index_of(link), kernel_flag(state.mode), &options);
    if (rc != 0 && rc != -ENODEV)
        return Error::from_errno(fmt::format("detach {} from {}", state.main.name, link_text(link)),
                                 -rc);
    return {};
}

Status leave_chain(IfIndex link, XdpMode mode, const ProgramInfo &member) {
    xdp_program *raw = xdp_program__from_id(member.id);
    if (const long rc = libxdp_get_error(raw); rc != 0)
        return libxdp_error(fmt::format("open XDP program {}", member.id), rc);
    const XdpProgramPtr program(raw);
    const int rc = xdp_program__detach(program.get(), index_of(link), libxdp_mode(mode), 0);
    if (rc != 0)
        return libxdp_error(
            fmt::format("detach {} from the XDP chain of {}", member.name, link_text(link)), rc);
    return {};
}

AttachedUplink describe(const XdpState &state, bool changed) {
    AttachedUplink uplink;
    uplink.xdp_mode = state.mode;
    uplink.dispatcher = state.dispatcher;
    uplink.changed = changed;
    if (state.mode != XdpMode::kDetached && !state.dispatcher)
        uplink.detail =
            "attached alone, not through libxdp's dispatcher: no other XDP program can join";
    return uplink;
}

} // namespace

Result<AttachedUplink> XdpAttacher::attach(IfIndex link, std::optional<bool> native) {
    COAX_ASSIGN_OR_RETURN(const XdpState state, read_xdp_state(link));
    if (state.mode == XdpMode::kDetached)
        return attach_fresh(link, native);
    return state.dispatcher ? join_chain(link, state, native) : replace_single(link, state, native);
}

Result<AttachedUplink> XdpAttacher::attach_fresh(IfIndex link, std::optional<bool> native) {
    std::string why_not_native;
    if (native.value_or(true)) {
        const auto attached = attach_in_mode(link, XdpMode::kNative);
        if (!attached.ok() && native.has_value())
            return attached.error();
        if (!attached.ok())
            why_not_native = fmt::format("not native: {}", attached.error().message());
    }
    if (!native.value_or(true) || !why_not_native.empty())
        COAX_TRY(attach_in_mode(link, XdpMode::kGeneric));
    COAX_ASSIGN_OR_RETURN(const XdpState state, read_xdp_state(link));
    AttachedUplink uplink = describe(state, true);
    if (!why_not_native.empty())
        uplink.detail = uplink.detail.empty()
                            ? why_not_native
                            : fmt::format("{}; {}", why_not_native, uplink.detail);
    return uplink;
}

Result<AttachedUplink> XdpAttacher::join_chain(IfIndex link, const XdpState &state,
                                               std::optional<bool> native) {
    std::vector<ProgramInfo> ours;
    for (const auto &member : state.chained) {
        const auto verdict = ownership_.judge(member);
        if (verdict.owner == Owner::kOtherInstance)
            return busy(link, verdict.text);
        if (verdict.owner == Owner::kOurs || verdict.owner == Owner::kOrphan)
            ours.push_back(member);
    }
    const bool alone = ours.size() == state.chained.size();
    if (!fits(state.mode, native) && alone) {
        for (const auto &old : ours)
            COAX_TRY(leave_chain(link, state.mode, old));
        return attach_fresh(link, native);
    }
    if (!fits(state.mode, native))
        return busy(link, fmt::format("a chain of other XDP programs in {} mode",
                                      xdp_mode_label(state.mode)));
    if (ours.size() == 1 && ours.front().tag == program_.info.tag &&
        ownership_.is_ours(ours.front()))
        return describe(state, false);
    // New before old: for a moment both run, never neither.
    COAX_TRY(attach_by_libxdp(link, state.mode));
    for (const auto &old : ours)
        COAX_TRY(leave_chain(link, state.mode, old));
    COAX_ASSIGN_OR_RETURN(const XdpState now, read_xdp_state(link));
    return describe(now, true);
}

Result<AttachedUplink> XdpAttacher::replace_single(IfIndex link, const XdpState &state,
                                                   std::optional<bool> native) {
    const auto verdict = ownership_.judge(state.main);
    if (verdict.owner == Owner::kOtherInstance || verdict.owner == Owner::kForeign)
        return busy(link, verdict.text);
    if (!fits(state.mode, native)) {
        COAX_TRY(detach_alone(link, state));
        return attach_fresh(link, native);
    }
    if (verdict.owner == Owner::kOurs && state.main.tag == program_.info.tag)
        return describe(state, false);
    const UniqueFd old(bpf_prog_get_fd_by_id(state.main.id));
    LIBBPF_OPTS(bpf_xdp_attach_opts, options);
    options.old_prog_fd = old.get();
    const int rc = bpf_xdp_attach(index_of(link), program_.fd.get(),
                                  kernel_flag(state.mode) | XDP_FLAGS_REPLACE, &options);
    if (rc != 0)
        return Error::from_errno(fmt::format("replace {} on {}", verdict.text, link_text(link)),
                                 -rc);
    COAX_ASSIGN_OR_RETURN(const XdpState now, read_xdp_state(link));
    return describe(now, true);
}

Status XdpAttacher::attach_in_mode(IfIndex link, XdpMode mode) {
    if (attach_by_libxdp(link, mode).ok())
        return {};
    return attach_alone(link, mode);
}

Status XdpAttacher::attach_by_libxdp(IfIndex link, XdpMode mode) {
    // A fresh object: libxdp loads it as an extension of its dispatcher.
    COAX_ASSIGN_OR_RETURN(const BpfObjectPtr object, loader_.open(ProgramId::kXdpUplink));
    DECLARE_LIBXDP_OPTS(xdp_program_opts, options);
    options.obj = object.get();
    options.prog_name = "xdp_uplink";
    xdp_program *raw = xdp_program__create(&options);
    if (const long rc = libxdp_get_error(raw); rc != 0)
        return libxdp_error("open xdp_uplink with libxdp", rc);
    const XdpProgramPtr program(raw);
    const int rc = xdp_program__attach(program.get(), index_of(link), libxdp_mode(mode), 0);
    if (rc != 0)
        return libxdp_error(fmt::format("attach xdp_uplink to {} in {} mode through libxdp",
                                        link_text(link), xdp_mode_label(mode)),
                            rc);
    return {};
}

Status XdpAttacher::attach_alone(IfIndex link, XdpMode mode) {
    const int rc = bpf_xdp_attach(index_of(link), program_.fd.get(),
                                  kernel_flag(mode) | XDP_FLAGS_UPDATE_IF_NOEXIST, nullptr);
    if (rc != 0)
        return Error::from_errno(fmt::format("attach xdp_uplink to {} in {} mode", link_text(link),
                                             xdp_mode_label(mode)),
                                 -rc);
    return {};
}

Status detach_xdp(IfIndex link, const Ownership &ownership) {
    COAX_ASSIGN_OR_RETURN(const XdpState state, read_xdp_state(link));
    if (state.mode == XdpMode::kDetached)
        return {};
    if (!state.dispatcher)
        return ownership.is_ours(state.main) ? detach_alone(link, state) : Status();
    for (const auto &member : state.chained) {
        if (ownership.is_ours(member))
            COAX_TRY(leave_chain(link, state.mode, member));
    }
    return {};
}

} // namespace coax
