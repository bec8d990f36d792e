// SPDX-License-Identifier: Apache-2.0
#include "agent/datapath/handover.h"

#include <fmt/format.h>

#include "agent/names.h"

namespace coax {
namespace {

// Nothing is sent by it, so its MTU only must not be in the way.
constexpr std::uint32_t kMtuBytes = 65535;

} // namespace

Status Handover::ensure(const std::string &instance, Pass &pass) {
    const std::string name = handover_device(instance);
    COAX_ASSIGN_OR_RETURN(std::optional<Link> link, links_.find(name));
    if (link && link->alias != handover_alias(instance))
        return Error(ErrorCode::kExists,
                     fmt::format("interface {} exists and is not ours (alias \"{}\", expected "
                                 "\"{}\"); remove it or choose another node.instance",
                                 name, link->alias, handover_alias(instance)));
    if (!link) {
        COAX_ASSIGN_OR_RETURN(link, links_.create_dummy(name, handover_alias(instance)));
        pass.changed("handover.created", {{"device", name}});
    }
    index_ = link->index;
    if (link->mtu != kMtuBytes) {
        COAX_TRY(links_.set_mtu(index_, kMtuBytes));
        pass.changed("handover.mtu", {{"device", name}, {"mtu", kMtuBytes}});
    }
    COAX_ASSIGN_OR_RETURN(const bool attached, datapath_.attach_handover(index_));
    if (attached)
        pass.changed("handover.attached", {{"device", name}});
    if (!link->up) {
        COAX_TRY(links_.set_up(index_, true));
        pass.changed("handover.up", {{"device", name}});
    }
    return {};
}

Status Handover::remove(const std::string &instance, std::vector<std::string> &removed) {
    const std::string name = handover_device(instance);
    COAX_ASSIGN_OR_RETURN(const std::optional<Link> link, links_.find(name));
    index_ = {};
    if (!link || link->alias != handover_alias(instance))
        return {};
    COAX_TRY(links_.remove(link->index));
    removed.push_back("hand-over device " + name);
    return {};
}

} // namespace coax
