// SPDX-License-Identifier: Apache-2.0
#include "lib/bpf/clsact.h"

#include <array>
#include <cerrno>

#include <net/if.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/libbpf.h>
#include <fmt/format.h>

namespace coax {

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
