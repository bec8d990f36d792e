// SPDX-License-Identifier: Apache-2.0
#include "lib/net/traffic_control.h"

#include <array>
#include <cerrno>

#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <fmt/format.h>

#include "lib/net/netlink.h"

namespace coax {
namespace {

/// All tc objects that fit `filter`; the kernel may answer more than was asked.
Result<NetlinkAnswer> dump(std::uint16_t type, const tcmsg &filter) {
    COAX_ASSIGN_OR_RETURN(NetlinkSocket socket, NetlinkSocket::open(NETLINK_ROUTE));
    NetlinkRequest request(type, NLM_F_DUMP);
    request.append(filter);
    return socket.transact(request);
}

std::string kind_of(const NetlinkReply &reply) {
    return reply.attributes(sizeof(tcmsg), TCA_MAX).get_string(TCA_KIND);
}

} // namespace

Result<std::vector<TcFilter>> list_filters(IfIndex link, TcSide side) {
    const std::string what = fmt::format("list the TC filters of {}", link_text(link));
    tcmsg filter{};
    filter.tcm_family = AF_UNSPEC;
    filter.tcm_ifindex = static_cast<int>(link.value());
    filter.tcm_parent =
        TC_H_MAKE(TC_H_CLSACT, side == TcSide::kIngress ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS);
    const auto answer = dump(RTM_GETTFILTER, filter);
    if (!answer.ok())
        return answer.error().with_context(what);
    // Without a qdisc some kernels answer EINVAL, others an empty list.
    if (answer->error_number != EINVAL && answer->error_number != ENOENT)
        COAX_TRY(answer->status(what));
    std::vector<TcFilter> filters;
    for (const NetlinkReply &reply : answer->replies) {
        const auto header = reply.header<tcmsg>();
        if (header.tcm_handle != 0) // 0 announces the classifier, not a filter
            filters.push_back({TC_H_MAJ(header.tcm_info) >> 16, header.tcm_handle, kind_of(reply)});
    }
    return filters;
}

Result<std::string> ingress_qdisc_kind(IfIndex link) {
    const std::string what = fmt::format("look up the clsact qdisc of {}", link_text(link));
    tcmsg filter{}; // the kernel dumps the qdiscs of all links, whatever is asked
    filter.tcm_family = AF_UNSPEC;
    const auto answer = dump(RTM_GETQDISC, filter);
    if (!answer.ok())
        return answer.error().with_context(what);
    COAX_TRY(answer->status(what));
    for (const NetlinkReply &reply : answer->replies) {
        const auto header = reply.header<tcmsg>();
        if (header.tcm_ifindex == static_cast<int>(link.value()) &&
            header.tcm_parent == TC_H_CLSACT)
            return kind_of(reply);
    }
    return std::string{};
}

std::string link_text(IfIndex link) {
    std::array<char, IF_NAMESIZE> name{};
    if (::if_indextoname(link.value(), name.data()) == nullptr)
        return fmt::format("ifindex {}", link.value());
    return name.data();
}

} // namespace coax
