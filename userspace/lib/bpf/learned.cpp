// SPDX-License-Identifier: Apache-2.0
#include "lib/bpf/learned.h"

namespace coax {
namespace {

LearnedEntry entry_of(const std::byte *key, const std::byte *value) {
    LearnedEntry learned{};
    std::memcpy(&learned.key, key, sizeof(learned.key));
    std::memcpy(&learned.entry, value, sizeof(learned.entry));
    return learned;
}

bool is_learned(const coax_fdb_entry &entry) {
    return (entry.flags & COAX_FDB_STATIC) == 0;
}

/// Who may still be where. A member entry exists only while node and network do.
struct Known {
    Table<std::uint32_t, coax_network> networks;
    Table<coax_member_key, coax_member> members;

    [[nodiscard]] bool keeps(const coax_fdb_key &key, const coax_fdb_entry &entry) const {
        return networks.contains(key.vni) &&
               members.contains(coax_member_key{entry.target.vtep_be, key.vni});
    }
};

Result<Known> read_known(const DatapathMaps &maps) {
    Known known;
    COAX_ASSIGN_OR_RETURN(known.networks, (read_table<std::uint32_t, coax_network>(maps.networks)));
    COAX_ASSIGN_OR_RETURN(known.members, (read_table<coax_member_key, coax_member>(maps.members)));
    return known;
}

struct Sweep {
    std::vector<coax_fdb_key> stale;
    std::map<std::uint32_t, std::uint32_t> kept; // by VNI
};

/// Deletes `key` if it is still as old as it was: traffic may have refreshed it meanwhile.
Result<bool> remove_if_stale(const PinnedMap &fdb, const coax_fdb_key &key, const Known &known,
                             std::uint64_t older_than_ns) {
    coax_fdb_entry entry{};
    COAX_ASSIGN_OR_RETURN(
        const bool present,
        fdb.lookup(bytes_of(key), std::as_writable_bytes(std::span<coax_fdb_entry, 1>(&entry, 1))));
    if (!present || !is_learned(entry))
        return false;
    if (entry.seen_ns >= older_than_ns && known.keeps(key, entry))
        return false;
    COAX_TRY(fdb.remove(bytes_of(key)));
    return true;
}

Status correct_counts(const DatapathMaps &maps, const Known &known, const Sweep &sweep) {
    for (const auto &[vni, network] : known.networks) {
        const auto kept = sweep.kept.find(vni);
        const std::uint32_t count = kept == sweep.kept.end() ? 0 : kept->second;
        COAX_TRY(maps.net_learned.set(bytes_of(vni), bytes_of(count), WriteMode::kOnlyExisting));
    }
    return {};
}

} // namespace

Result<std::vector<LearnedEntry>> read_learned(const DatapathMaps &maps) {
    std::vector<LearnedEntry> entries;
    COAX_TRY(maps.fdb.visit([&](const std::byte *key, const std::byte *value) {
        const LearnedEntry learned = entry_of(key, value);
        if (is_learned(learned.entry))
            entries.push_back(learned);
    }));
    return entries;
}

Result<std::size_t> age_learned(const DatapathMaps &maps, std::uint64_t older_than_ns) {
    COAX_ASSIGN_OR_RETURN(const Known known, read_known(maps));
    Sweep sweep;
    COAX_TRY(maps.fdb.visit([&](const std::byte *key, const std::byte *value) {
        const LearnedEntry learned = entry_of(key, value);
        if (!is_learned(learned.entry))
            return;
        if (learned.entry.seen_ns < older_than_ns || !known.keeps(learned.key, learned.entry))
            sweep.stale.push_back(learned.key);
        else
            ++sweep.kept[learned.key.vni];
    }));
    std::size_t removed = 0;
    for (const auto &key : sweep.stale) {
        COAX_ASSIGN_OR_RETURN(const bool gone,
                              remove_if_stale(maps.fdb, key, known, older_than_ns));
        if (gone)
            ++removed;
        else
            ++sweep.kept[key.vni];
    }
    COAX_TRY(correct_counts(maps, known, sweep));
    return removed;
}

} // namespace coax
