// SPDX-License-Identifier: Apache-2.0
#include "lib/bpf/xdp_state.h"

#include <memory>

#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/if_link.h>
#include <xdp/libxdp.h>

#include "lib/bpf/clsact.h"

namespace coax {
namespace {

struct MultiprogClose {
    void operator()(xdp_multiprog *chain) const { xdp_multiprog__close(chain); }
};
using MultiprogPtr = std::unique_ptr<xdp_multiprog, MultiprogClose>;

struct Attached {
    std::uint32_t id = 0;
    XdpMode mode = XdpMode::kDetached;
};

Result<Attached> query(IfIndex link) {
    LIBBPF_OPTS(bpf_xdp_query_opts, found);
    const int rc = bpf_xdp_query(static_cast<int>(link.value()), 0, &found);
    if (rc != 0)
        return Error::from_errno(fmt::format("query the XDP program of {}", link_text(link)), -rc);
    if (found.drv_prog_id != 0)
        return Attached{found.drv_prog_id, XdpMode::kNative};
    if (found.skb_prog_id != 0)
        return Attached{found.skb_prog_id, XdpMode::kGeneric};
    if (found.hw_prog_id != 0)
        return Error(
            ErrorCode::kBusy,
            fmt::format("{}: a program (id {}) is offloaded to the hardware; detach it first",
                        link_text(link), found.hw_prog_id));
    return Attached{};
}

Status read_chain(IfIndex link, XdpState &state) {
    xdp_multiprog *raw = xdp_multiprog__get_from_ifindex(static_cast<int>(link.value()));
    if (libxdp_get_error(raw) != 0)
        return {}; // gone meanwhile, or not libxdp's: then it is a program like any other
    const MultiprogPtr chain(raw);
    if (xdp_multiprog__is_legacy(chain.get()))
        return {};
    state.dispatcher = true;
    for (xdp_program *program = xdp_multiprog__next_prog(nullptr, chain.get()); program != nullptr;
         program = xdp_multiprog__next_prog(program, chain.get())) {
        COAX_ASSIGN_OR_RETURN(auto info, program_info(xdp_program__fd(program)));
        state.chained.push_back(std::move(info));
    }
    return {};
}

} // namespace

Result<XdpState> read_xdp_state(IfIndex link) {
    COAX_ASSIGN_OR_RETURN(const Attached attached, query(link));
    XdpState state;
    if (attached.mode == XdpMode::kDetached)
        return state;
    COAX_ASSIGN_OR_RETURN(const auto main, program_info_by_id(attached.id));
    if (!main)
        return state;
    state.mode = attached.mode;
    state.main = *main;
    if (state.main.name == "xdp_dispatcher")
        COAX_TRY(read_chain(link, state));
    return state;
}

} // namespace coax
