// SPDX-License-Identifier: Apache-2.0
#include "lib/base/types.h"

#include <cstring>
#include <unordered_set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace coax {
namespace {

using testing::HasSubstr;

template <typename T>
T parsed(std::string_view text) {
    auto result = T::parse(text);
    EXPECT_TRUE(result.ok()) << text;
    return result.ok() ? *result : T{};
}

/// `printed` null: the text must be refused.
struct TextRow {
    const char *name;
    std::string text;
    const char *printed;
};

std::string row_name(const testing::TestParamInfo<TextRow> &info) {
    return info.param.name;
}

template <typename T>
void check(const TextRow &row, const char *expected) {
    const auto result = T::parse(row.text);
    ASSERT_EQ(result.ok(), row.printed != nullptr) << row.text;
    if (result.ok()) {
        EXPECT_EQ(result->to_string(), row.printed);
        EXPECT_EQ(parsed<T>(row.printed), *result) << "its own text reads back";
    } else {
        EXPECT_EQ(result.error().code(), ErrorCode::kInvalid);
        EXPECT_THAT(result.error().message(), HasSubstr(expected));
        EXPECT_THAT(result.error().message(), HasSubstr("found \""));
    }
}

class MacText : public testing::TestWithParam<TextRow> {};
TEST_P(MacText, reads_exactly_one_spelling) {
    check<MacAddress>(GetParam(), "a MAC address");
}
INSTANTIATE_TEST_SUITE_P(Rows, MacText,
                         testing::Values(TextRow{"plain", "02:00:5e:00:53:01", "02:00:5e:00:53:01"},
                                         TextRow{"upper", "02:00:5E:00:53:AF", "02:00:5e:00:53:af"},
                                         TextRow{"empty", "", nullptr},
                                         TextRow{"short_group", "2:00:5e:00:53:01", nullptr},
                                         TextRow{"dashes", "02-00-5e-00-53-01", nullptr},
                                         TextRow{"five_groups", "02:00:5e:00:53", nullptr},
                                         TextRow{"seven_groups", "02:00:5e:00:53:01:02", nullptr},
                                         TextRow{"not_hex", "02:00:5e:00:53:0g", nullptr},
                                         TextRow{"trailing_space", "02:00:5e:00:53:01 ", nullptr},
                                         TextRow{"late_separator", "02:00:5e:00:5301:", nullptr}),
                         row_name);

class IpText : public testing::TestWithParam<TextRow> {};
TEST_P(IpText, reads_exactly_one_address) {
    check<IpAddress>(GetParam(), "an IP address");
}
INSTANTIATE_TEST_SUITE_P(Rows, IpText,
                         testing::Values(TextRow{"v4", "192.0.2.1", "192.0.2.1"},
                                         TextRow{"v4_zero", "0.0.0.0", "0.0.0.0"},
                                         TextRow{"v6", "2001:DB8:0::1", "2001:db8::1"},
                                         TextRow{"v6_zero", "::", "::"},
                                         TextRow{"v4_leading_zero", "192.0.02.1", nullptr},
                                         TextRow{"v4_three_parts", "192.0.2", nullptr},
                                         TextRow{"v4_hex", "0xc0.0.2.1", nullptr},
                                         TextRow{"v4_too_big", "192.0.2.256", nullptr},
                                         TextRow{"v4_trailing", "192.0.2.1 ", nullptr},
                                         TextRow{"v4_mapped", "::ffff:192.0.2.1", nullptr},
                                         TextRow{"v6_zone", "fe80::1%eth0", nullptr},
                                         TextRow{"v6_brackets", "[2001:db8::1]", nullptr},
                                         TextRow{"v6_two_gaps", "2001::db8::1", nullptr},
                                         TextRow{"nul", std::string("192.0.2.1\0x", 11), nullptr},
                                         TextRow{"name", "alpha", nullptr},
                                         TextRow{"empty", "", nullptr}),
                         row_name);

class PrefixText : public testing::TestWithParam<TextRow> {};
TEST_P(PrefixText, reads_address_and_length) {
    check<IpPrefix>(GetParam(), "prefix length");
}
INSTANTIATE_TEST_SUITE_P(Rows, PrefixText,
                         testing::Values(TextRow{"v4", "192.0.2.1/24", "192.0.2.1/24"},
                                         TextRow{"v4_all", "0.0.0.0/0", "0.0.0.0/0"},
                                         TextRow{"v4_host", "192.0.2.1/32", "192.0.2.1/32"},
                                         TextRow{"v6", "2001:db8::/64", "2001:db8::/64"},
                                         TextRow{"v6_host", "2001:db8::1/128", "2001:db8::1/128"},
                                         TextRow{"no_length", "192.0.2.1", nullptr},
                                         TextRow{"empty_length", "192.0.2.1/", nullptr},
                                         TextRow{"leading_zero", "192.0.2.1/024", nullptr},
                                         TextRow{"sign", "192.0.2.1/+24", nullptr},
                                         TextRow{"v4_too_long", "192.0.2.1/33", nullptr},
                                         TextRow{"v6_too_long", "2001:db8::/129", nullptr},
                                         TextRow{"huge", "192.0.2.1/99999999999", nullptr},
                                         TextRow{"mask", "192.0.2.1/255.255.255.0", nullptr},
                                         TextRow{"trailing", "192.0.2.1/24x", nullptr}),
                         row_name);

class SocketText : public testing::TestWithParam<TextRow> {};
TEST_P(SocketText, reads_address_and_port) {
    check<SocketAddress>(GetParam(), "with port");
}
INSTANTIATE_TEST_SUITE_P(Rows, SocketText,
                         testing::Values(TextRow{"v4", "192.0.2.1:51820", "192.0.2.1:51820"},
                                         TextRow{"v6", "[2001:db8::1]:51820",
                                                 "[2001:db8::1]:51820"},
                                         TextRow{"v6_bare", "2001:db8::1:51820", nullptr},
                                         TextRow{"v4_brackets", "[192.0.2.1]:51820", nullptr},
                                         TextRow{"port_zero", "192.0.2.1:0", nullptr},
                                         TextRow{"port_too_big", "192.0.2.1:65536", nullptr},
                                         TextRow{"port_leading_zero", "192.0.2.1:080", nullptr},
                                         TextRow{"no_port", "192.0.2.1", nullptr},
                                         TextRow{"empty_port", "192.0.2.1:", nullptr},
                                         TextRow{"host_name", "beta:51820", nullptr}),
                         row_name);

constexpr const char *kKey = "VKPwhCFSp0BUk7jIZBuTZRjhcM5uWfbH0VDXKwsrMBg=";

class KeyText : public testing::TestWithParam<TextRow> {};
TEST_P(KeyText, reads_44_characters_of_base64) {
    check<PublicKey>(GetParam(), "a public key");
}
INSTANTIATE_TEST_SUITE_P(
    Rows, KeyText,
    testing::Values(TextRow{"plain", kKey, kKey},
                    TextRow{"no_padding", "VKPwhCFSp0BUk7jIZBuTZRjhcM5uWfbH0VDXKwsrMBg", nullptr},
                    TextRow{"loose_bits", "VKPwhCFSp0BUk7jIZBuTZRjhcM5uWfbH0VDXKwsrMBh=", nullptr},
                    TextRow{"too_short", "VKPwhCFSp0BUk7jIZBuTZRjhcM5uWfbH0VDXKwsrMA==", nullptr},
                    TextRow{"too_long", std::string(kKey) + "AAAA", nullptr},
                    TextRow{"url_alphabet",
                            "VKPwhCFSp0BUk7jIZBuTZRjhcM5uWfbH0VDXKwsr-Bg=", nullptr},
                    TextRow{"empty", "", nullptr}),
    row_name);

TEST(IpAddress, keeps_ipv4_in_both_byte_orders) {
    const auto address = parsed<IpAddress>("192.0.2.1");
    EXPECT_TRUE(address.is_v4());
    EXPECT_EQ(address.v4_host_order(), 0xc0000201U);
    EXPECT_EQ(IpAddress::v4(0xc0000201U), address);
    const std::uint32_t be = address.v4_be();
    std::array<std::uint8_t, 4> wire{};
    std::memcpy(wire.data(), &be, sizeof be);
    EXPECT_EQ(wire, (std::array<std::uint8_t, 4>{192, 0, 2, 1}));
}

TEST(IpAddress, knows_the_unspecified_addresses) {
    EXPECT_TRUE(parsed<IpAddress>("0.0.0.0").is_unspecified());
    EXPECT_TRUE(parsed<IpAddress>("::").is_unspecified());
    EXPECT_TRUE(IpAddress().is_unspecified());
    EXPECT_FALSE(parsed<IpAddress>("0.0.0.1").is_unspecified());
    EXPECT_FALSE(parsed<IpAddress>("::1").is_unspecified());
}

TEST(IpPrefix, clears_host_bits) {
    EXPECT_EQ(parsed<IpPrefix>("192.0.2.131/25").network().to_string(), "192.0.2.128/25");
    EXPECT_EQ(parsed<IpPrefix>("192.0.2.131/0").network().to_string(), "0.0.0.0/0");
    EXPECT_EQ(parsed<IpPrefix>("192.0.2.131/32").network().to_string(), "192.0.2.131/32");
    EXPECT_EQ(parsed<IpPrefix>("2001:db8:ffff::1/33").network().to_string(), "2001:db8:8000::/33");
}

struct PairRow {
    const char *name;
    const char *a;
    const char *b;
    bool overlap;
};

class Overlap : public testing::TestWithParam<PairRow> {};
TEST_P(Overlap, is_symmetric) {
    const auto a = parsed<IpPrefix>(GetParam().a);
    const auto b = parsed<IpPrefix>(GetParam().b);
    EXPECT_EQ(a.overlaps(b), GetParam().overlap);
    EXPECT_EQ(b.overlaps(a), GetParam().overlap);
}
INSTANTIATE_TEST_SUITE_P(
    Rows, Overlap,
    testing::Values(PairRow{"same", "10.1.0.0/24", "10.1.0.0/24", true},
                    PairRow{"inside", "10.1.0.0/16", "10.1.2.0/24", true},
                    PairRow{"apart", "10.1.0.0/24", "10.1.1.0/24", false},
                    PairRow{"v6_inside", "2001:db8::/32", "2001:db8:1::/48", true},
                    PairRow{"v6_apart", "2001:db8:1::/64", "2001:db8:1:1::/64", false},
                    PairRow{"families_differ", "0.0.0.0/0", "::/0", false}),
    [](const auto &row) { return row.param.name; });

TEST(IpPrefix, contains_only_its_own_family) {
    EXPECT_TRUE(parsed<IpPrefix>("192.0.2.0/24").contains(parsed<IpAddress>("192.0.2.255")));
    EXPECT_FALSE(parsed<IpPrefix>("192.0.2.0/24").contains(parsed<IpAddress>("192.0.3.0")));
    EXPECT_FALSE(parsed<IpPrefix>("::/0").contains(parsed<IpAddress>("192.0.2.1")));
}

TEST(Types, work_as_keys_of_hash_tables) {
    const std::unordered_set<NodeId> ids{NodeId(1), NodeId(2), NodeId(1)};
    EXPECT_EQ(ids.size(), 2U);
    const std::unordered_set<MacAddress> macs{parsed<MacAddress>("02:00:5e:00:53:01"),
                                              parsed<MacAddress>("02:00:5e:00:53:02")};
    EXPECT_EQ(macs.size(), 2U);
    const std::unordered_set<IpAddress> addresses{parsed<IpAddress>("::1"),
                                                  parsed<IpAddress>("::1")};
    EXPECT_EQ(addresses.size(), 1U);
}

TEST(MacAddress, knows_multicast_and_zero) {
    EXPECT_TRUE(parsed<MacAddress>("ff:ff:ff:ff:ff:ff").is_multicast());
    EXPECT_TRUE(parsed<MacAddress>("33:33:00:00:00:01").is_multicast());
    EXPECT_FALSE(parsed<MacAddress>("02:00:5e:00:53:01").is_multicast());
    EXPECT_TRUE(parsed<MacAddress>("00:00:00:00:00:00").is_zero());
}

} // namespace
} // namespace coax
