// SPDX-License-Identifier: Apache-2.0
#include "controller/registry/node_ids.h"

#include <algorithm>

#include "lib/base/vtep.h"

namespace coax::controller {
namespace {

using Range = record::NodeIds::Range;

/// The first range that ends at `id` or later.
int place_of(const record::NodeIds &ids, std::uint32_t id) {
    const auto &used = ids.used();
    const auto found = std::lower_bound(
        used.begin(), used.end(), id, [](const Range &r, std::uint32_t i) { return r.last() < i; });
    return static_cast<int>(found - used.begin());
}

void insert(record::NodeIds &ids, int place, std::uint32_t first, std::uint32_t last) {
    Range *added = ids.add_used();
    added->set_first(first);
    added->set_last(last);
    for (int i = ids.used_size() - 1; i > place; --i)
        ids.mutable_used()->SwapElements(i, i - 1);
}

/// Makes one of two ranges that touch.
void join(record::NodeIds &ids, int place) {
    if (place < 0 || place + 1 >= ids.used_size() ||
        ids.used(place).last() + 1 != ids.used(place + 1).first())
        return;
    ids.mutable_used(place)->set_last(ids.used(place + 1).last());
    ids.mutable_used()->DeleteSubrange(place + 1, 1);
}

} // namespace

bool is_used(const record::NodeIds &ids, NodeId id) {
    const int place = place_of(ids, id.value());
    return place < ids.used_size() && ids.used(place).first() <= id.value();
}

std::optional<NodeId> lowest_free(const record::NodeIds &ids, const IpPrefix &pool) {
    const bool from_one = ids.used_size() != 0 && ids.used(0).first() == 1;
    const std::uint32_t free = from_one ? ids.used(0).last() + 1 : 1;
    return free <= largest_node_id(pool) ? std::optional(NodeId(free)) : std::nullopt;
}

void use_id(record::NodeIds &ids, NodeId id) {
    if (is_used(ids, id))
        return;
    const int place = place_of(ids, id.value());
    insert(ids, place, id.value(), id.value());
    join(ids, place);
    join(ids, place - 1);
}

void free_id(record::NodeIds &ids, NodeId id) {
    if (!is_used(ids, id))
        return;
    const int place = place_of(ids, id.value());
    const Range range = ids.used(place);
    ids.mutable_used()->DeleteSubrange(place, 1);
    if (id.value() < range.last())
        insert(ids, place, id.value() + 1, range.last());
    if (range.first() < id.value())
        insert(ids, place, range.first(), id.value() - 1);
}

} // namespace coax::controller
