// SPDX-License-Identifier: Apache-2.0
#include "agent/ports/ports.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "agent/datapath/tables.h"
#include "agent/names.h"

namespace coax {
namespace {

constexpr std::uint32_t kNameAttempts = 8;

std::set<IpPrefix> without(const std::set<IpPrefix> &from, const std::set<IpPrefix> &what) {
    std::set<IpPrefix> out;
    std::ranges::set_difference(from, what, std::inserter(out, out.end()));
    return out;
}

} // namespace

Status Ports::ensure(const DesiredState &state, std::uint32_t inner_mtu, Pass &pass) {
    COAX_TRY(observe(state.node.instance));
    status_.clear();
    for (const auto &[name, port] : state.ports) {
        const Work work{state, port, network_mtu(state.networks.at(port.vni), inner_mtu),
                        status_[name], pass};
        const Status done = ensure_port(work);
        if (done.ok())
            continue;
        work.status.error = done.error().message();
        pass.degraded("port.error", fmt::format("port {}: {}", name, done.error().message()));
    }
    return {};
}

Status Ports::observe(const std::string &instance) {
    COAX_ASSIGN_OR_RETURN(const std::vector<Link> links, needs_.links.list());
    near_.clear();
    surplus_.clear();
    for (const Link &link : links) {
        const auto port = port_of_alias(instance, link.alias);
        if (!port || !is_port_device(instance, link.name))
            continue;
        if (!near_.emplace(*port, link).second)
            surplus_.push_back(link);
    }
    return {};
}

Status Ports::ensure_port(const Work &work) {
    const Port &port = work.port;
    auto near = near_.find(port.name);
    // A port that was up before was guarded before: it stays in the tables whatever fails now.
    if (near != near_.end() && near->second.up && needs_.memory.port(port.name).netns == port.netns)
        work.status.near = near->second.index;

    COAX_ASSIGN_OR_RETURN(const Namespace netns, open_namespace(work));
    Links &far_links = netns.links ? *netns.links : needs_.links;
    COAX_ASSIGN_OR_RETURN(std::optional<Link> far, find_far(far_links, work));
    if (!far) {
        COAX_ASSIGN_OR_RETURN(const Link created, create(work, netns));
        near = near_.insert_or_assign(port.name, created).first;
        COAX_ASSIGN_OR_RETURN(far, find_far(far_links, work));
        if (!far)
            return Error(ErrorCode::kNotFound,
                         fmt::format("interface {} vanished right after it was made; does "
                                     "something else manage it?",
                                     port.ifname));
    }
    COAX_TRY(configure_near(near->second, work));
    return configure_far(far_links, *far, work);
}

Result<Namespace> Ports::open_namespace(const Work &work) {
    if (work.port.kind == PortKind::kHost)
        return Namespace{};
    COAX_ASSIGN_OR_RETURN(Namespace netns, needs_.namespaces.open(work.port.netns));
    if (netns.is_own)
        return Error(ErrorCode::kInvalid,
                     fmt::format("netns {} is the one the agent runs in; expected another one, or "
                                 "kind = \"host\"",
                                 work.port.netns));
    return netns;
}

// The user's end, if it is the other end of the pair we made for this port.
Result<std::optional<Link>> Ports::find_far(Links &links, const Work &work) {
    const auto near = near_.find(work.port.name);
    if (near == near_.end())
        return std::optional<Link>();
    COAX_ASSIGN_OR_RETURN(std::optional<Link> far, links.find(work.port.ifname));
    if (!far || far->index != near->second.peer || far->alias != near->second.alias)
        return std::optional<Link>();
    return far;
}

Result<Link> Ports::create(const Work &work, const Namespace &netns) {
    const Port &port = work.port;
    const std::string &instance = work.state.node.instance;
    if (const auto old = near_.find(port.name); old != near_.end()) {
        work.status.near = {};
        COAX_TRY(needs_.links.remove(old->second.index));
        work.pass.changed("port.replaced", {{"port", port.name}, {"device", old->second.name}});
        near_.erase(old);
    }
    VethSpec spec;
    for (std::uint32_t attempt = 0; attempt < kNameAttempts; ++attempt) {
        spec.name = port_device(instance, port.name, attempt);
        COAX_ASSIGN_OR_RETURN(const std::optional<Link> taken, needs_.links.find(spec.name));
        if (!taken)
            break;
    }
    spec.peer_name = port.ifname;
    spec.alias = port_alias(instance, port.name);
    spec.mac = port.mac;
    spec.mtu = work.mtu;
    if (netns.fd.valid())
        spec.peer_netns_fd = netns.fd.get();
    PortRecord record = needs_.memory.port(port.name);
    record.netns = port.netns;
    COAX_TRY(needs_.memory.set_port(port.name, record));
    COAX_ASSIGN_OR_RETURN(const Link created, needs_.links.create_veth(spec));
    work.pass.changed(
        "port.created",
        {{"port", port.name}, {"device", spec.name}, {"ifname", port.ifname}, {"mac", port.mac}});
    return created;
}

void Ports::ensure_offload(Links &links, const Link &link, Offload offload, bool on,
                           const Work &work) {
    const bool segmentation = offload == Offload::kTcpSegmentation;
    const std::string what = segmentation ? "port.tso" : "port.gro";
    const auto is_on = links.offload(link.index, offload);
    if (is_on.ok() && *is_on == on)
        return;
    const Status set =
        is_on.ok() ? links.set_offload(link.index, offload, on) : Status(is_on.error());
    if (set.ok())
        work.pass.changed(what, {{"port", work.port.name}, {"device", link.name}, {"on", on}});
    else
        work.pass.degraded(
            what, fmt::format("port {}: {}; the port works, but TCP that it receives is not merged "
                              "and costs more; compare `ethtool -k {}`",
                              work.port.name, set.error().message(), link.name));
}

Status Ports::configure_near(const Link &near, const Work &work) {
    if (near.mtu != work.mtu) {
        COAX_TRY(needs_.links.set_mtu(near.index, work.mtu));
        work.pass.changed("port.mtu", {{"device", near.name}, {"mtu", work.mtu}});
    }
    ensure_offload(needs_.links, near, Offload::kTcpSegmentation, false, work);
    COAX_ASSIGN_OR_RETURN(const bool attached, needs_.datapath.attach_port(near.index));
    if (attached)
        work.pass.changed("port.attached", {{"port", work.port.name}, {"device", near.name}});
    work.status.near = near.index;
    work.status.mtu = work.mtu;
    return {};
}

Status Ports::configure_far(Links &links, const Link &far, const Work &work) {
    const Port &port = work.port;
    if (far.mac != port.mac) {
        COAX_TRY(links.set_mac(far.index, port.mac));
        work.pass.changed("port.mac", {{"port", port.name}, {"mac", port.mac}, {"was", far.mac}});
    }
    if (far.mtu != work.mtu) {
        COAX_TRY(links.set_mtu(far.index, work.mtu));
        work.pass.changed("port.mtu", {{"port", port.name}, {"mtu", work.mtu}});
    }
    ensure_offload(links, far, Offload::kReceiveMerging, true, work);
    COAX_TRY(configure_addresses(links, far, work));
    if (!far.up) {
        COAX_TRY(links.set_up(far.index, true));
        work.pass.changed("port.user_end_up", {{"port", port.name}});
    }
    return {};
}

// Touches only addresses that are or were configured for this port.
Status Ports::configure_addresses(Links &links, const Link &far, const Work &work) {
    const Port &port = work.port;
    PortRecord record = needs_.memory.port(port.name);
    const std::set<IpPrefix> wanted(port.addresses.begin(), port.addresses.end());
    COAX_ASSIGN_OR_RETURN(const std::vector<IpPrefix> list, links.addresses(far.index));
    const std::set<IpPrefix> present(list.begin(), list.end());

    const std::set<IpPrefix> before = std::exchange(record.addresses, wanted);
    record.addresses.insert(before.begin(), before.end());
    record.netns = port.netns;
    COAX_TRY(needs_.memory.set_port(port.name, record));
    for (const IpPrefix &address : without(before, wanted)) {
        if (!present.contains(address))
            continue;
        COAX_TRY(links.remove_address(far.index, address));
        work.pass.changed("port.address_removed", {{"port", port.name}, {"address", address}});
    }
    for (const IpPrefix &address : without(wanted, present)) {
        COAX_TRY(links.add_address(far.index, address));
        work.pass.changed("port.address_added", {{"port", port.name}, {"address", address}});
    }
    record.addresses = wanted;
    return needs_.memory.set_port(port.name, record);
}

void Ports::bring_up(const DesiredState &state, Pass &pass) {
    for (const auto &[name, port] : state.ports) {
        PortStatus &status = status_[name];
        const auto near = near_.find(name);
        if (near == near_.end() || status.near != near->second.index)
            continue;
        status.up = near->second.up;
        if (status.up || !status.error.empty())
            continue;
        if (!pass.check(needs_.links.set_up(status.near, true)))
            continue;
        status.up = true;
        pass.changed("port.up", {{"port", name}, {"mtu", status.mtu}});
    }
}

void Ports::prune(const DesiredState &state, Pass &pass) {
    std::vector<Link> unwanted = surplus_;
    for (const auto &[name, link] : near_) {
        if (!state.ports.contains(name))
            unwanted.push_back(link);
    }
    for (const Link &link : unwanted) {
        if (!pass.check(needs_.links.remove(link.index)))
            continue;
        pass.changed("port.removed", {{"port", *port_of_alias(state.node.instance, link.alias)},
                                      {"device", link.name}});
    }
    pass.check(needs_.memory.keep_ports(
        [&](const std::string &name) { return state.ports.contains(name); }));
}

Status Ports::remove_all(const std::string &instance, std::vector<std::string> &removed) {
    COAX_TRY(observe(instance));
    std::vector<Link> all = surplus_;
    for (const auto &[name, link] : near_)
        all.push_back(link);
    for (const Link &link : all) {
        COAX_TRY(needs_.links.remove(link.index));
        removed.push_back(
            fmt::format("port {} (device {})", *port_of_alias(instance, link.alias), link.name));
    }
    near_.clear();
    surplus_.clear();
    status_.clear();
    return {};
}

std::map<std::string, IfIndex> Ports::indices() const {
    std::map<std::string, IfIndex> out;
    for (const auto &[name, status] : status_) {
        if (status.near.value() != 0)
            out.emplace(name, status.near);
    }
    return out;
}

} // namespace coax
