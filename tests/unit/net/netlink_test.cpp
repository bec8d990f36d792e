// SPDX-License-Identifier: Apache-2.0
#include "lib/net/netlink.h"

#include <random>
#include <string>
#include <vector>

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/net/links.h"
#include "lib/net/rtnl_links.h"

namespace coax {
namespace {

using testing::HasSubstr;

std::vector<std::uint8_t> attribute(std::uint16_t type, const std::vector<std::uint8_t> &value) {
    const auto length = static_cast<std::uint16_t>(4 + value.size());
    std::vector<std::uint8_t> bytes = {
        static_cast<std::uint8_t>(length & 0xff), static_cast<std::uint8_t>(length >> 8),
        static_cast<std::uint8_t>(type & 0xff), static_cast<std::uint8_t>(type >> 8)};
    bytes.insert(bytes.end(), value.begin(), value.end());
    bytes.resize((bytes.size() + 3) / 4 * 4);
    return bytes;
}

TEST(Netlink, reads_attributes_by_type) {
    auto bytes = attribute(3, {'l', 'o', 0});
    const auto number = attribute(4 | NLA_F_NESTED, {1, 0, 0, 0});
    bytes.insert(bytes.end(), number.begin(), number.end());
    const NetlinkAttributes attributes(bytes, 5);
    EXPECT_EQ(attributes.get_string(3), "lo");
    EXPECT_EQ(attributes.get_value<std::uint32_t>(4), 1U);
    EXPECT_TRUE(attributes.has(3));
    EXPECT_FALSE(attributes.has(5));
    EXPECT_FALSE(attributes.has(600));
    EXPECT_EQ(attributes.get_value<std::uint64_t>(5), 0U);
}

TEST(Netlink, fills_the_front_of_a_longer_struct) {
    const auto bytes = attribute(1, {7, 0, 0, 0});
    EXPECT_EQ(NetlinkAttributes(bytes, 1).get_value<std::uint64_t>(1), 7U);
}

TEST(Netlink, stops_at_an_attribute_longer_than_the_message) {
    auto bytes = attribute(1, {7, 0, 0, 0});
    const auto whole = bytes;
    bytes.insert(bytes.end(), {200, 0, 2, 0, 1});
    const NetlinkAttributes attributes(bytes, 2);
    EXPECT_TRUE(attributes.has(1));
    EXPECT_FALSE(attributes.has(2));
    EXPECT_EQ(netlink_list(bytes).size(), 1U);
}

TEST(Netlink, survives_random_bytes) {
    std::mt19937 random(1);
    for (int round = 0; round < 20000; ++round) {
        std::vector<std::uint8_t> bytes(random() % 64);
        for (auto &byte : bytes)
            byte = static_cast<std::uint8_t>(random() % 3 == 0 ? random() : random() % 12);
        const NetlinkAttributes attributes(bytes, 16);
        for (int type = 0; type <= 16; ++type)
            (void)attributes.get_string(type).size();
        (void)netlink_list(bytes).size();
    }
}

TEST(Netlink, refuses_to_send_what_did_not_fit) {
    NetlinkRequest request(1, 0, 64);
    EXPECT_TRUE(request.fits());
    request.put_string(1, std::string(100, 'x'));
    EXPECT_FALSE(request.fits());
    auto socket = NetlinkSocket::open(NETLINK_ROUTE);
    ASSERT_TRUE(socket.ok()) << socket.error().message();
    EXPECT_EQ(socket->transact(request).error().code(), ErrorCode::kInvalid);
}

TEST(Netlink, an_answer_says_what_failed_and_what_the_kernel_said) {
    NetlinkAnswer answer;
    EXPECT_TRUE(answer.status("x").ok());
    answer.error_number = EEXIST;
    answer.explanation = "name taken";
    const Status status = answer.status("create interface a");
    EXPECT_EQ(status.error().code(), ErrorCode::kExists);
    EXPECT_THAT(status.error().message(), HasSubstr("create interface a"));
    EXPECT_THAT(status.error().message(), HasSubstr("name taken"));
}

TEST(Addresses, a_prefix_longer_than_its_address_is_ignored) {
    for (const int length : {32, 33}) {
        ifaddrmsg header{};
        header.ifa_family = AF_INET;
        header.ifa_prefixlen = static_cast<std::uint8_t>(length);
        header.ifa_index = 7;
        const auto *bytes = static_cast<const std::uint8_t *>(static_cast<const void *>(&header));
        NetlinkReply reply{.type = RTM_NEWADDR, .payload = {bytes, bytes + sizeof(header)}};
        const auto address = attribute(IFA_ADDRESS, {192, 0, 2, 1});
        reply.payload.insert(reply.payload.end(), address.begin(), address.end());
        EXPECT_EQ(parse_address(reply, IfIndex(7)).has_value(), length == 32);
    }
}

TEST(InterfaceName, is_refused_where_the_kernel_would) {
    for (const std::string name : {"a", "n1-wg0", "fifteen-chars-x", "wg.7"})
        EXPECT_TRUE(check_interface_name(name).ok()) << name;
    for (const std::string name : {"", ".", "..", "a/b", "a:b", "a b", "sixteen-chars-xx", "a\n"})
        EXPECT_EQ(check_interface_name(name).error().code(), ErrorCode::kInvalid) << name;
}

} // namespace
} // namespace coax
