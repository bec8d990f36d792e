// SPDX-License-Identifier: Apache-2.0
#include "lib/bpf/clsact.h"

#include <array>
#include <cerrno>
#include <functional>
#include <memory>

#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

namespace coax {
namespace {

struct SocketFree {
    void operator()(nl_sock *socket) const { nl_socket_free(socket); }
};
struct MessageFree {
    void operator()(nl_msg *message) const { nlmsg_free(message); }
};

/// One tc object as the kernel answers it.
struct TcObject {
    tcmsg header{};
    std::string kind;
};
using OnObject = std::function<void(const TcObject &)>;

int on_message(nl_msg *message, void *context) {
    nlmsghdr *header = nlmsg_hdr(message);
    std::array<nlattr *, TCA_MAX + 1> attributes{};
    if (nlmsg_parse(header, sizeof(tcmsg), attributes.data(), TCA_MAX, nullptr) != 0)
        return NL_SKIP;
    TcObject object;
    object.header = *static_cast<tcmsg *>(nlmsg_data(header));
    if (attributes[TCA_KIND] != nullptr)
        object.kind = nla_get_string(attributes[TCA_KIND]);
    (*static_cast<const OnObject *>(context))(object);
    return NL_OK;
}

int errno_of(int nl_error) {
    switch (-nl_error) {
    case NLE_OBJ_NOTFOUND:
        return ENOENT;
    case NLE_NODEV:
        return ENODEV;
    case NLE_PERM:
        return EPERM;
    case NLE_INVAL:
        return EINVAL;
    case NLE_DUMP_INTR:
        return EAGAIN;
    default:
        return EIO;
    }
}

/// Dumps what fits `request` and hands every object to `on_object`. Returns 0 or an errno.
int dump(int type, const tcmsg &request, const OnObject &on_object) {
    const std::unique_ptr<nl_sock, SocketFree> socket(nl_socket_alloc());
    const std::unique_ptr<nl_msg, MessageFree> message(nlmsg_alloc_simple(type, NLM_F_DUMP));
    if (!socket || !message)
        return ENOMEM;
    if (const int rc = nl_connect(socket.get(), NETLINK_ROUTE); rc < 0)
        return errno_of(rc);
    tcmsg body = request;
    if (nlmsg_append(message.get(), &body, sizeof(body), NLMSG_ALIGNTO) < 0)
        return ENOMEM;
    // libnl takes a mutable context; on_message only reads it.
    nl_socket_modify_cb(socket.get(), NL_CB_VALID, NL_CB_CUSTOM, on_message,
                        const_cast<OnObject *>(&on_object));
    nl_socket_disable_auto_ack(socket.get());
    if (const int rc = nl_send_auto(socket.get(), message.get()); rc < 0)
        return errno_of(rc);
    const int rc = nl_recvmsgs_default(socket.get());
    return rc < 0 ? errno_of(rc) : 0;
}

} // namespace

std::string link_text(IfIndex link) {
    std::array<char, IF_NAMESIZE> name{};
    if (::if_indextoname(link.value(), name.data()) == nullptr)
        return fmt::format("ifindex {}", link.value());
    return name.data();
}

Result<std::string> ingress_qdisc_kind(IfIndex link) {
    // The kernel dumps the qdiscs of all links, whatever is asked.
    tcmsg request{};
    request.tcm_family = AF_UNSPEC;
    std::string kind;
    const int error_number = dump(RTM_GETQDISC, request, [&](const TcObject &object) {
        if (object.header.tcm_ifindex == static_cast<int>(link.value()) &&
            object.header.tcm_parent == TC_H_CLSACT)
            kind = object.kind;
    });
    if (error_number != 0)
        return Error::from_errno(fmt::format("look up the clsact qdisc of {}", link_text(link)),
                                 error_number);
    return kind;
}

Result<std::vector<TcFilter>> list_filters(IfIndex link, TcSide side) {
    tcmsg request{};
    request.tcm_family = AF_UNSPEC;
    request.tcm_ifindex = static_cast<int>(link.value());
    request.tcm_parent =
        TC_H_MAKE(TC_H_CLSACT, side == TcSide::kIngress ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS);
    std::vector<TcFilter> filters;
    const int error_number = dump(RTM_GETTFILTER, request, [&](const TcObject &object) {
        if (object.header.tcm_handle != 0) // 0 announces the classifier, not a filter
            filters.push_back(
                {TC_H_MAJ(object.header.tcm_info) >> 16, object.header.tcm_handle, object.kind});
    });
    // Without a qdisc some kernels answer EINVAL, others an empty list.
    if (error_number != 0 && error_number != EINVAL && error_number != ENOENT)
        return Error::from_errno(fmt::format("list the TC filters of {}", link_text(link)),
                                 error_number);
    return filters;
}

std::filesystem::path Clsact::mark_of(IfIndex link) const {
    return marks_ / std::to_string(link.value());
}

Status Clsact::ensure(IfIndex link) const {
    LIBBPF_OPTS(bpf_tc_hook, hook);
    hook.ifindex = static_cast<int>(link.value());
    hook.attach_point = static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS);
    const int rc = bpf_tc_hook_create(&hook);
    if (rc == 0) {
        // Losing the mark only means that an empty qdisc is left behind one day.
        ::mkdir(mark_of(link).c_str(), 0700);
        return {};
    }
    if (rc != -EEXIST)
        return Error::from_errno(fmt::format("create the clsact qdisc of {}", link_text(link)),
                                 -rc);
    COAX_ASSIGN_OR_RETURN(const std::string kind, ingress_qdisc_kind(link));
    if (kind == "clsact")
        return {};
    // On such a qdisc the kernel would silently put an egress filter at ingress.
    return Error(ErrorCode::kBusy,
                 fmt::format("{0} has a qdisc \"{1}\" where Coax needs \"clsact\" (which does "
                             "everything that one does); replace it: tc qdisc del dev {0} ingress",
                             link_text(link), kind));
}

Status Clsact::remove_if_ours(IfIndex link) const {
    std::error_code ignored;
    if (!std::filesystem::exists(mark_of(link), ignored))
        return {};
    for (const TcSide side : {TcSide::kIngress, TcSide::kEgress}) {
        COAX_ASSIGN_OR_RETURN(const auto filters, list_filters(link, side));
        if (!filters.empty())
            return {};
    }
    LIBBPF_OPTS(bpf_tc_hook, hook);
    hook.ifindex = static_cast<int>(link.value());
    hook.attach_point = static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS);
    const int rc = bpf_tc_hook_destroy(&hook);
    if (rc != 0 && rc != -ENOENT && rc != -EINVAL && rc != -ENODEV)
        return Error::from_errno(fmt::format("delete the clsact qdisc of {}", link_text(link)),
                                 -rc);
    ::rmdir(mark_of(link).c_str());
    return {};
}

void Clsact::forget_gone_links() const {
    std::error_code ignored;
    std::vector<std::filesystem::path> gone;
    for (const auto &entry : std::filesystem::directory_iterator(marks_, ignored)) {
        const auto index = std::strtoul(entry.path().filename().c_str(), nullptr, 10);
        std::array<char, IF_NAMESIZE> name{};
        if (::if_indextoname(static_cast<unsigned>(index), name.data()) == nullptr)
            gone.push_back(entry.path());
    }
    for (const auto &path : gone)
        ::rmdir(path.c_str());
}

} // namespace coax
