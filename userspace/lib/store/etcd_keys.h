// SPDX-License-Identifier: Apache-2.0
// Where things are in etcd, below the prefix of the options: entries in "k/", writers in "w/".
#pragma once

#include <string>
#include <string_view>

#include "etcd_wire.pb.h"
#include "lib/store/store.h"

namespace coax {

inline std::string etcd_entry_key(const std::string &prefix, std::string_view key) {
    std::string whole = prefix;
    return whole.append("k/").append(key);
}

inline std::string etcd_writer_key(const std::string &prefix, std::string_view name) {
    std::string whole = prefix;
    return whole.append("w/").append(name);
}

/// The first key that does not begin with `prefix`, which holds a byte other than 0xff.
inline std::string etcd_range_end(std::string prefix) {
    while (prefix.back() == '\xff')
        prefix.pop_back();
    prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
    return prefix;
}

inline Revision etcd_revision(std::int64_t revision) {
    return Revision(static_cast<std::uint64_t>(revision));
}

/// The key without our prefix and "k/".
inline StoreEntry etcd_entry(const std::string &prefix, const etcdserverpb::KeyValue &pair) {
    return {pair.key().substr(prefix.size() + 2), pair.value(), etcd_revision(pair.mod_revision()),
            LeaseId(pair.lease())};
}

} // namespace coax
