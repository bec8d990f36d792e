// SPDX-License-Identifier: Apache-2.0
#include "bench/fleet/peer_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/fleet/identity.h"

namespace coax::bench {
namespace {

using testing::HasSubstr;

TEST(NodeName, is_read_back) {
    EXPECT_EQ(index_of(node_name(0)), 0U);
    EXPECT_EQ(index_of(node_name(4999)), 4999U);
    EXPECT_FALSE(index_of("storage1"));
    EXPECT_FALSE(index_of("sim-"));
    EXPECT_FALSE(index_of("sim-1x"));
}

TEST(PeerBook, takes_what_simulated_nodes_sign_and_nothing_else) {
    auto ca = SshPrivateKey::generate();
    ASSERT_TRUE(ca.ok());
    auto identities = make_identities(2, *ca);
    ASSERT_TRUE(identities.ok());
    const auto pool = IpPrefix::parse("100.64.0.0/10");
    ASSERT_TRUE(pool.ok());
    TrustAnchors anchors;
    anchors.cas = {{ca->public_key(), ""}};
    PeerBook book({anchors, {NodeId(99), "alpha", SshPublicKey(), "simulated", *pool}});

    const auto claim = [&](std::size_t who, std::uint64_t epoch) {
        const NodeId id(static_cast<std::uint32_t>(who + 1));
        const auto binding = make_binding((*identities)[who], {"simulated", *pool, id}, epoch);
        EXPECT_TRUE(binding.ok());
        controller::v1::Update update;
        update.set_first(true);
        update.set_last(true);
        controller::v1::Node &node = *update.add_nodes();
        node.set_id(id.value());
        node.set_name((*identities)[who].name);
        node.set_certificate((*identities)[who].certificate);
        node.set_binding(*binding);
        return update;
    };
    EXPECT_EQ(book.take(claim(0, 2)), "");
    EXPECT_EQ(book.take(claim(1, 1)), "");
    EXPECT_EQ(book.take(claim(0, 3)), "");
    EXPECT_EQ(book.peers(), 2U);
    EXPECT_THAT(book.take(claim(0, 1)), HasSubstr("epoch"));
    auto forged = claim(0, 4);
    forged.mutable_nodes(0)->set_certificate(claim(1, 1).nodes(0).certificate());
    EXPECT_NE(book.take(forged), "");
}

TEST(MakeBinding, has_another_address_in_the_next_epoch) {
    auto ca = SshPrivateKey::generate();
    ASSERT_TRUE(ca.ok());
    auto identities = make_identities(1, *ca);
    ASSERT_TRUE(identities.ok());
    const auto pool = IpPrefix::parse("100.64.0.0/10");
    const auto endpoint = [&](std::uint64_t epoch) {
        const auto bytes =
            make_binding(identities->front(), {"simulated", *pool, NodeId(1)}, epoch);
        const auto opened = open_binding(*bytes);
        return opened->binding.endpoints.at(0);
    };
    EXPECT_NE(endpoint(1), endpoint(2));
}

} // namespace
} // namespace coax::bench
