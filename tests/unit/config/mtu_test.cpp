// SPDX-License-Identifier: Apache-2.0
#include "lib/state/mtu.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace coax {
namespace {

using testing::HasSubstr;

struct MtuRow {
    const char *name;
    std::uint32_t underlay;
    bool ipv6;
    std::uint32_t lane;
    std::uint32_t inner;
};
void PrintTo(const MtuRow &row, std::ostream *out) {
    *out << row.name;
}

class Mtu : public testing::TestWithParam<MtuRow> {};
TEST_P(Mtu, leaves_room_for_padding_and_headers) {
    const MtuRow &row = GetParam();
    EXPECT_EQ(lane_mtu(row.underlay, row.ipv6), row.lane);
    EXPECT_EQ(inner_mtu(row.lane), row.inner);
}
INSTANTIATE_TEST_SUITE_P(Rows, Mtu,
                         testing::Values(MtuRow{"ethernet_v4", 1500, false, 1440, 1390},
                                         MtuRow{"ethernet_v6", 1500, true, 1408, 1358},
                                         MtuRow{"jumbo_v4", 9000, false, 8928, 8878},
                                         MtuRow{"jumbo_v6", 9000, true, 8912, 8862},
                                         MtuRow{"pppoe_v4", 1492, false, 1424, 1374},
                                         MtuRow{"ipv6_minimum", 1280, true, 1200, 1150},
                                         MtuRow{"largest", 65535, false, 65472, 65422},
                                         MtuRow{"nothing_left", 60, false, 0, 0},
                                         MtuRow{"zero", 0, true, 0, 0},
                                         MtuRow{"no_room_for_vxlan", 110, false, 48, 0}),
                         [](const auto &row) { return row.param.name; });

TEST(Mtu, full_inner_packet_never_exceeds_the_underlay) {
    constexpr std::uint32_t kEncapBytes = 50;
    for (const bool ipv6 : {false, true})
        for (std::uint32_t underlay = 576; underlay <= 9216; ++underlay) {
            const std::uint32_t clear = inner_mtu(lane_mtu(underlay, ipv6)) + kEncapBytes;
            const std::uint32_t padded = (clear + 15) / 16 * 16;
            ASSERT_LE(padded + 32 + 8 + (ipv6 ? 40 : 20), underlay) << ipv6;
        }
}

TEST(Mtu, names_the_underlay_mtu_that_just_suffices) {
    for (const bool ipv6 : {false, true})
        for (std::uint32_t inner = 576; inner <= 9000; ++inner) {
            const std::uint32_t underlay = underlay_mtu_for(inner, ipv6);
            ASSERT_GE(inner_mtu(lane_mtu(underlay, ipv6)), inner);
            ASSERT_LT(inner_mtu(lane_mtu(underlay - 1, ipv6)), inner);
        }
}

TEST(Mtu, too_small_is_an_error_with_the_figure_needed) {
    EXPECT_EQ(*checked_inner_mtu(1500, false, true), 1390U);
    EXPECT_EQ(*checked_inner_mtu(1404, false, true), 1294U);
    const auto small = checked_inner_mtu(1403, false, true);
    ASSERT_FALSE(small.ok());
    EXPECT_EQ(small.error().code(), ErrorCode::kInvalid);
    EXPECT_THAT(small.error().message(), HasSubstr("MTU too small"));
    EXPECT_THAT(small.error().message(), HasSubstr("at least 1404"));
    EXPECT_TRUE(checked_inner_mtu(1280, true, false).ok()) << "networks with IPv4 only need less";
    EXPECT_THAT(checked_inner_mtu(1280, true, true).error().message(), HasSubstr("at least 1424"));
}

} // namespace
} // namespace coax
