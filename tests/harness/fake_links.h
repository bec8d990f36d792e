// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/fault_plan.h"
#include "lib/net/links.h"

namespace coax::test {

/// Links in memory: one object is one network namespace. Calls are recorded as text, for example
/// "set_mtu n1-wg0 1440"; reads ("list", "find NAME", "addresses NAME") too.
class FakeLinks final : public Links {
  public:
    FaultPlan faults;

    /// Where the peer end goes when a VethSpec names `netns_fd`.
    void attach_namespace(int netns_fd, FakeLinks &other) { namespaces_[netns_fd] = &other; }
    /// A device that is there without Coax, such as an uplink.
    Link &add_existing(const std::string &name, const std::string &kind = "",
                       std::uint32_t mtu_bytes = 1500) {
        Link link;
        link.name = name;
        link.kind = kind;
        link.mtu = mtu_bytes;
        return insert(link);
    }
    /// The device as the test may bend it; null when absent.
    Link *peek(const std::string &name) {
        for (auto &[index, entry] : entries_) {
            if (entry.link.name == name)
                return &entry.link;
        }
        return nullptr;
    }
    /// The same for a device that must be there: throws otherwise.
    Link &at(const std::string &name) {
        if (Link *link = peek(name))
            return *link;
        throw std::out_of_range("no interface " + name);
    }
    /// What `ip link del` by hand does: no call is recorded.
    void vanish(const std::string &name) {
        if (Link *link = peek(name))
            erase(link->index);
    }
    [[nodiscard]] bool threaded(const std::string &name) { return has(threaded_, name); }
    [[nodiscard]] bool autoconf_off(const std::string &name) { return has(autoconf_off_, name); }

    Result<std::vector<Link>> list() override {
        COAX_TRY(faults.enter("list"));
        std::vector<Link> links;
        for (const auto &[index, entry] : entries_)
            links.push_back(entry.link);
        return links;
    }
    Result<std::optional<Link>> find(const std::string &name) override {
        COAX_TRY(faults.enter("find " + name));
        const Link *link = peek(name);
        return link == nullptr ? std::optional<Link>() : std::optional<Link>(*link);
    }

    Result<Link> create_veth(const VethSpec &spec) override {
        COAX_TRY(faults.enter("create_veth " + spec.name + " " + spec.peer_name));
        FakeLinks &other = spec.peer_netns_fd ? *namespaces_.at(*spec.peer_netns_fd)
                                              : *this; // test must attach it
        COAX_TRY(check_free(spec.name));
        COAX_TRY(other.check_free(spec.peer_name));
        Link near = made(spec.name, "veth", spec.alias);
        Link far = made(spec.peer_name, "veth", spec.alias);
        near.mtu = far.mtu = spec.mtu;
        far.mac = spec.mac;
        Link &kept = insert(near);
        Link &peer = other.insert(far);
        kept.peer = peer.index;
        peer.peer = kept.index;
        autoconf_off_.insert(kept.index);
        entries_[kept.index].peer_home = &other;
        other.entries_[peer.index].peer_home = this;
        return kept;
    }
    Result<Link> create_dummy(const std::string &name, const std::string &alias) override {
        return create(name, "dummy", alias);
    }
    Result<Link> create_wireguard(const std::string &name, const std::string &alias) override {
        return create(name, "wireguard", alias);
    }
    Status remove(IfIndex index) override {
        COAX_TRY(faults.enter("remove " + name_of(index)));
        erase(index);
        return {};
    }

    Status set_up(IfIndex index, bool up) override {
        return change(index, "set_up", up ? "up" : "down",
                      [up](Entry &entry) { entry.link.up = entry.link.running = up; });
    }
    Status set_mtu(IfIndex index, std::uint32_t mtu_bytes) override {
        return change(index, "set_mtu", std::to_string(mtu_bytes),
                      [mtu_bytes](Entry &entry) { entry.link.mtu = mtu_bytes; });
    }
    Status set_mac(IfIndex index, const MacAddress &mac) override {
        return change(index, "set_mac", mac.to_string(),
                      [&mac](Entry &entry) { entry.link.mac = mac; });
    }
    Status set_alias(IfIndex index, const std::string &alias) override {
        return change(index, "set_alias", alias,
                      [&alias](Entry &entry) { entry.link.alias = alias; });
    }
    Status disable_ipv6_autoconf(IfIndex index) override {
        return change(index, "disable_ipv6_autoconf", "",
                      [this, index](Entry &) { autoconf_off_.insert(index); });
    }
    Status set_threaded_napi(IfIndex index, bool on) override {
        return change(index, "set_threaded_napi", on ? "on" : "off", [this, index, on](Entry &) {
            on ? void(threaded_.insert(index)) : void(threaded_.erase(index));
        });
    }

    /// As on a new veth: TCP segmentation is on, receive merging off.
    Result<bool> offload(IfIndex index, Offload offload) override {
        COAX_TRY(faults.enter("offload " + name_of(index)));
        COAX_TRY(check_present(index));
        return entries_[index].turned.contains(offload) != (offload == Offload::kTcpSegmentation);
    }
    Status set_offload(IfIndex index, Offload offload, bool on) override {
        const bool segmentation = offload == Offload::kTcpSegmentation;
        return change(index, segmentation ? "set_tso" : "set_gro", on ? "on" : "off",
                      [offload, turn = on != segmentation](Entry &entry) {
                          turn ? void(entry.turned.insert(offload))
                               : void(entry.turned.erase(offload));
                      });
    }

    Result<std::vector<IpPrefix>> addresses(IfIndex index) override {
        COAX_TRY(faults.enter("addresses " + name_of(index)));
        COAX_TRY(check_present(index));
        const auto &found = entries_[index].addresses;
        return std::vector<IpPrefix>(found.begin(), found.end());
    }
    Status add_address(IfIndex index, const IpPrefix &address) override {
        return change(index, "add_address", address.to_string(),
                      [&address](Entry &entry) { entry.addresses.insert(address); });
    }
    Status remove_address(IfIndex index, const IpPrefix &address) override {
        return change(index, "remove_address", address.to_string(),
                      [&address](Entry &entry) { entry.addresses.erase(address); });
    }

  private:
    struct Entry {
        Link link;
        std::set<IpPrefix> addresses;
        FakeLinks *peer_home = nullptr; // namespace of a veth's other end
        std::set<Offload> turned;       // not as on a new device
    };

    static Link made(const std::string &name, const std::string &kind, const std::string &alias) {
        Link link;
        link.name = name;
        link.kind = kind;
        link.alias = alias;
        link.mtu = 1500;
        return link;
    }
    Link &insert(Link link) {
        link.index = IfIndex(next_index_++);
        return (entries_[link.index] = Entry{link, {}, nullptr, {}}).link;
    }
    void erase(IfIndex index) {
        const auto it = entries_.find(index);
        if (it == entries_.end())
            return;
        const Entry entry = it->second;
        entries_.erase(it);
        if (entry.peer_home != nullptr)
            entry.peer_home->entries_.erase(entry.link.peer);
    }
    Result<Link> create(const std::string &name, const std::string &kind,
                        const std::string &alias) {
        COAX_TRY(faults.enter("create_" + kind + " " + name));
        COAX_TRY(check_free(name));
        Link &link = insert(made(name, kind, alias));
        autoconf_off_.insert(link.index);
        return link;
    }
    template <typename Change>
    Status change(IfIndex index, const std::string &method, const std::string &value,
                  Change apply) {
        COAX_TRY(faults.enter(method + " " + name_of(index) + (value.empty() ? "" : " " + value)));
        COAX_TRY(check_present(index));
        apply(entries_[index]);
        return {};
    }
    Status check_free(const std::string &name) {
        if (peek(name) != nullptr)
            return Error(ErrorCode::kExists, "interface " + name + " exists");
        return {};
    }
    Status check_present(IfIndex index) {
        if (!entries_.contains(index))
            return Error(ErrorCode::kNotFound, "interface " + name_of(index) + " does not exist");
        return {};
    }
    std::string name_of(IfIndex index) {
        const auto it = entries_.find(index);
        return it == entries_.end() ? std::to_string(index.value()) : it->second.link.name;
    }
    bool has(const std::set<IfIndex> &indices, const std::string &name) {
        const Link *link = peek(name);
        return link != nullptr && indices.contains(link->index);
    }

    std::uint32_t next_index_ = 2; // 1 is loopback's
    std::map<IfIndex, Entry> entries_;
    std::set<IfIndex> threaded_;
    std::set<IfIndex> autoconf_off_;
    std::map<int, FakeLinks *> namespaces_;
};

} // namespace coax::test
