// SPDX-License-Identifier: Apache-2.0
#include "agent/datapath/flood.h"

#include <gtest/gtest.h>

namespace coax {
namespace {

using Flood = Table<coax_flood_key, coax_target>;

coax_target node(std::uint32_t vtep) {
    coax_target target{};
    target.kind = COAX_TARGET_NODE;
    target.lanes = 1;
    target.vtep_be = vtep;
    return target;
}

std::vector<std::uint32_t> order(const Flood &flood) {
    std::map<std::uint32_t, std::uint32_t> by_index;
    for (const auto &[key, target] : flood)
        by_index[key.index] = target.vtep_be;
    std::vector<std::uint32_t> out;
    out.reserve(by_index.size());
    for (const auto &[index, vtep] : by_index)
        out.push_back(vtep);
    return out;
}

Flood place(const std::vector<std::uint32_t> &vteps, const Flood &previous,
            std::uint32_t first = 0) {
    std::vector<coax_target> wanted;
    wanted.reserve(vteps.size());
    for (const std::uint32_t vtep : vteps)
        wanted.push_back(node(vtep));
    Flood out;
    place_flood_targets(Vni(100), first, wanted, previous, out);
    return out;
}

TEST(FloodTargets, without_previous_keeps_the_given_order) {
    EXPECT_EQ(order(place({5, 3, 9}, {})), (std::vector<std::uint32_t>{5, 3, 9}));
}

TEST(FloodTargets, removal_in_the_middle_moves_only_the_last) {
    const Flood before = place({1, 2, 3, 4, 5}, {});
    EXPECT_EQ(order(place({1, 3, 4, 5}, before)), (std::vector<std::uint32_t>{1, 5, 3, 4}));
}

TEST(FloodTargets, addition_goes_to_the_end_whatever_its_order) {
    const Flood before = place({2, 4}, {});
    EXPECT_EQ(order(place({1, 2, 4}, before)), (std::vector<std::uint32_t>{2, 4, 1}));
}

TEST(FloodTargets, shifted_range_keeps_what_still_lies_in_it) {
    const Flood before = place({1, 2, 3}, {}, 1); // indices 1..3
    const Flood after = place({1, 2, 3}, before, 2);
    EXPECT_EQ(order(after), (std::vector<std::uint32_t>{2, 3, 1}));
}

TEST(FloodTargets, other_networks_are_not_looked_at) {
    Flood other;
    other[{7, 0}] = node(9);
    EXPECT_EQ(order(place({1, 9}, other)), (std::vector<std::uint32_t>{1, 9}));
}

} // namespace
} // namespace coax
