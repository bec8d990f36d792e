// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <memory>

#include <net/if.h>

#include "lib/bpf/attach_tc.h"
#include "lib/bpf/attach_xdp.h"
#include "lib/bpf/clsact.h"
#include "lib/bpf/datapath.h"
#include "lib/bpf/library_log.h"
#include "lib/bpf/netns_claim.h"
#include "lib/bpf/ownership.h"
#include "lib/bpf/pins.h"

namespace coax {
namespace {

struct NameIndexFree {
    void operator()(struct if_nameindex *list) const { ::if_freenameindex(list); }
};

Result<std::vector<IfIndex>> all_links() {
    const std::unique_ptr<struct if_nameindex, NameIndexFree> list(::if_nameindex());
    if (!list)
        return Error::from_errno("list network interfaces", errno);
    std::vector<IfIndex> links;
    for (const struct if_nameindex *link = list.get(); link->if_index != 0; ++link)
        links.emplace_back(link->if_index);
    return links;
}

Status detach_all(IfIndex link, const Ownership &ownership, const Clsact &clsact) {
    COAX_TRY(detach_xdp(link, ownership));
    COAX_TRY(detach_tc({link, TcSide::kIngress}, ownership, clsact));
    return detach_tc({link, TcSide::kEgress}, ownership, clsact);
}

bool is_gone(IfIndex link) {
    std::array<char, IF_NAMESIZE> name{};
    return ::if_indextoname(link.value(), name.data()) == nullptr;
}

} // namespace

bool datapath_is_pinned(const std::string &instance) {
    const auto paths = PinPaths::of(instance);
    std::error_code ignored;
    return paths.ok() && std::filesystem::exists(paths->directory, ignored);
}

Status remove_datapath(const std::string &instance) {
    route_library_logs();
    COAX_ASSIGN_OR_RETURN(const PinPaths paths, PinPaths::of(instance));
    if (!datapath_is_pinned(instance))
        return {};
    COAX_TRY(check_netns(paths));
    const auto ownership = Ownership::of_instance(instance);
    const Clsact clsact(paths.clsact);
    COAX_ASSIGN_OR_RETURN(const auto links, all_links());
    Status first_failure;
    for (const IfIndex link : links) {
        auto detached = detach_all(link, ownership, clsact);
        if (!detached.ok() && first_failure.ok() && !is_gone(link))
            first_failure = std::move(detached);
    }
    // The pins tell what is ours: they stay until everything is detached.
    COAX_TRY(std::move(first_failure));
    return remove_pins(paths);
}

} // namespace coax
