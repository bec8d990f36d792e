// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "lib/config/draft.h"
#include "lib/config/problems.h"

namespace coax {

/// Names into ids and VNIs, members and MAC addresses where the file leaves them open. What cannot
/// be resolved is a problem and stays 0.
void resolve(Draft &draft, Problems &problems);

// What holds between options; each adds what it finds. `draft` is resolved.
void check_nodes(const Draft &draft, Problems &problems);
/// The part of check_nodes() about ids, names and keys.
void check_identities(const Draft &draft, Problems &problems);
void check_control(const Draft &draft, Problems &problems);
void check_networks(const Draft &draft, Problems &problems);
void check_ports(const Draft &draft, Problems &problems);

/// Remembers on which line a value was seen first.
template <typename Key>
class FirstLines {
  public:
    /// The line of the earlier one; 0 when this is the first.
    int note(const Key &key, int line) {
        const auto [place, fresh] = lines_.emplace(key, line);
        return fresh ? 0 : place->second;
    }

  private:
    std::map<Key, int> lines_;
};

/// Not for hosts: unspecified, loopback, multicast and reserved.
bool overlaps_special(const IpPrefix &prefix);

} // namespace coax
