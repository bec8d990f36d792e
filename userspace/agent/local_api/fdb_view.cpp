// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "agent/local_api/views.h"

namespace coax {
namespace {

constexpr std::uint32_t kDefaultLimit = 10000;

std::string mac_text(const coax_fdb_key &key) {
    MacAddress mac;
    std::copy(std::begin(key.mac), std::end(key.mac), mac.bytes.begin());
    return mac.to_string();
}

/// Names for what an entry points at.
class Names {
  public:
    explicit Names(const ViewSource &source) : state_(source.state) {
        for (const auto &[id, peer] : state_.peers)
            nodes_[state_.vtep_of(id).v4_be()] = peer.name;
        for (const auto &[name, index] : source.reconciler.ports().indices())
            ports_[index.value()] = name;
    }

    [[nodiscard]] std::string of(const coax_target &target) const {
        if (target.kind == COAX_TARGET_NODE) {
            const auto node = nodes_.find(target.vtep_be);
            return node == nodes_.end() ? "unknown node" : node->second;
        }
        const auto port = ports_.find(target.ifindex);
        return port == ports_.end() ? fmt::format("interface {}", target.ifindex) : port->second;
    }
    [[nodiscard]] std::string network(std::uint32_t vni) const {
        const auto found = state_.networks.find(Vni(vni));
        return found == state_.networks.end() ? "unknown network" : found->second.name;
    }

  private:
    const DesiredState &state_;
    std::map<std::uint32_t, std::string> nodes_;
    std::map<std::uint32_t, std::string> ports_;
};

const char *type_of(const coax_fdb_entry &entry) {
    if (entry.target.kind != COAX_TARGET_NODE)
        return "port";
    return (entry.flags & COAX_FDB_STATIC) != 0 ? "static" : "learned";
}

std::int64_t age_ms(const Clock &clock, const coax_fdb_entry &entry) {
    if ((entry.flags & COAX_FDB_STATIC) != 0)
        return -1;
    const auto age =
        clock.monotonic_now().time_since_epoch() - std::chrono::nanoseconds(entry.seen_ns);
    return std::max<std::int64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(age).count(), 0);
}

} // namespace

Result<api::Fdb> fdb_view(const ViewSource &source, const api::FdbRequest &request) {
    COAX_ASSIGN_OR_RETURN(const DatapathTables tables, source.datapath.read_tables());
    COAX_ASSIGN_OR_RETURN(const std::vector<LearnedEntry> learned, source.datapath.learned());
    Table<coax_fdb_key, coax_fdb_entry> entries = tables.static_fdb;
    for (const LearnedEntry &entry : learned)
        entries.emplace(entry.key, entry.entry);

    const Names names(source);
    const std::uint32_t limit = request.limit() == 0 ? kDefaultLimit : request.limit();
    api::Fdb fdb;
    std::uint64_t total = 0;
    for (const auto &[key, entry] : entries) {
        if (request.vni() != 0 && request.vni() != key.vni)
            continue;
        if (++total > limit)
            continue;
        api::FdbEntry &out = *fdb.add_entries();
        out.set_network(names.network(key.vni));
        out.set_vni(key.vni);
        out.set_mac(mac_text(key));
        out.set_where(names.of(entry.target));
        out.set_type(type_of(entry));
        out.set_age_ms(age_ms(source.clock, entry));
    }
    fdb.set_total(total);
    fdb.set_truncated(total > limit);
    return fdb;
}

} // namespace coax
