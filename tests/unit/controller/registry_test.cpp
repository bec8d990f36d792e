// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <set>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/registry/keys.h"
#include "controller/registry/node_ids.h"
#include "unit/controller/world.h"

namespace coax::controller::test {
namespace {

using testing::HasSubstr;

constexpr const char *kWho = "operator alice";

class Registry : public testing::Test {
  protected:
    Result<Revision> put(const v1::Network &network, bool must_be_new = false) {
        v1::PutNetworkRequest request;
        *request.mutable_network() = network;
        request.set_must_be_new(must_be_new);
        return world_.topology.put_network(request, kWho);
    }
    Result<Revision> put(const std::string &node, const v1::Port &port) {
        v1::PutPortRequest request;
        *request.mutable_port() = port;
        request.set_node(node);
        return world_.topology.put_port(request, kWho);
    }
    void expect_refused(const Result<Revision> &result, ErrorCode code, const std::string &text) {
        ASSERT_FALSE(result.ok()) << text;
        EXPECT_EQ(result.error().code(), code) << result.error().message();
        EXPECT_THAT(result.error().message(), HasSubstr(text));
    }
    v1::Network network(const std::string &name) {
        v1::Network network;
        EXPECT_TRUE(network.ParseFromString(
            must(world_.store->get(network_key(name))).entry.value().value));
        return network;
    }
    World world_;
    SshPrivateKey key1_ = make_key();
    SshPrivateKey key2_ = make_key();
};

TEST_F(Registry, gives_networks_the_lowest_free_vni_and_keeps_it) {
    must(put(sample_network("red", "10.1.0.0/24")));
    must(put(sample_network("blue", "10.2.0.0/24")));
    EXPECT_EQ(network("blue").vni(), 2U);
    must(put(sample_network("blue", "10.3.0.0/24")));
    EXPECT_EQ(network("blue").vni(), 2U);
    EXPECT_THAT(
        world_.audit("network blue").lines(0).text(),
        testing::AllOf(HasSubstr("10.2.0.0/24"), HasSubstr(" -> "), HasSubstr("10.3.0.0/24")));
    must(world_.topology.remove_network("red", kWho));
    must(put(sample_network("green", "10.4.0.0/24")));
    EXPECT_EQ(network("green").vni(), 1U);
}

TEST_F(Registry, refuses_networks_that_break_the_rules_of_a_file) {
    must(put(sample_network("red", "10.1.0.0/24")));
    const std::string before = world_.dump();
    v1::Network same_vni = sample_network("blue", "10.2.0.0/24");
    same_vni.set_vni(1);
    expect_refused(put(same_vni), ErrorCode::kInvalid, "expected a VNI of its own, found 1");
    expect_refused(put(sample_network("blue", "100.65.0.0/24")), ErrorCode::kInvalid,
                   "expected a subnet apart from overlay.vtep_pool");
    expect_refused(put(sample_network("blue", "10.2.0.1/24")), ErrorCode::kInvalid,
                   "without host bits");
    expect_refused(put(sample_network("", "10.2.0.0/24")), ErrorCode::kInvalid, "network.name");
    expect_refused(put(sample_network("a/../b", "10.2.0.0/24")), ErrorCode::kInvalid,
                   "network.name");
    expect_refused(put(sample_network("red", "10.1.0.0/24"), true), ErrorCode::kExists,
                   "is there already");
    v1::Network stranger = sample_network("blue", "10.2.0.0/24");
    stranger.set_all_nodes(false);
    stranger.add_members(99);
    expect_refused(put(stranger), ErrorCode::kInvalid, "found 99 which no node has");
    expect_refused(world_.topology.remove_network("blue", kWho), ErrorCode::kNotFound,
                   "there is no network \"blue\"");
    EXPECT_EQ(world_.dump(), before);
}

TEST_F(Registry, keeps_ports_of_nodes_by_the_rules_of_a_file) {
    world_.join("storage1", key1_);
    world_.join("storage2", key2_);
    must(put(sample_network("red", "10.1.0.0/24")));
    must(put("storage1", sample_port("p1", "red", "10.1.0.1/24")));
    const std::string before = world_.dump();
    expect_refused(put("storage1", sample_port("p2", "red", "10.1.0.1/24")), ErrorCode::kInvalid,
                   "expected an IP address of its own in the network, found 10.1.0.1 (also at "
                   "port p1)");
    expect_refused(put("storage2", sample_port("p2", "red", "10.1.0.1/24")), ErrorCode::kInvalid,
                   "port p2 of node 2: expected addresses of its own in network red, found "
                   "10.1.0.1 (also at port p1 of node 1)");
    expect_refused(put("storage2", sample_port("p2", "red", "10.9.0.1/24")), ErrorCode::kInvalid,
                   "expected an address in a subnet of network \"red\"");
    expect_refused(put("storage2", sample_port("p2", "blue", "10.1.0.2/24")), ErrorCode::kNotFound,
                   "there is no network \"blue\"");
    expect_refused(put("storage9", sample_port("p2", "red", "10.1.0.2/24")), ErrorCode::kNotFound,
                   "there is no node \"storage9\"");
    v1::Port bad = sample_port("p2", "red", "10.1.0.2/24");
    bad.set_netns("../host");
    expect_refused(put("storage2", bad), ErrorCode::kInvalid, "port.netns");
    expect_refused(put(sample_network("red", "10.2.0.0/24")), ErrorCode::kInvalid,
                   "on node 1: port p1: port.addresses");
    expect_refused(world_.topology.remove_network("red", kWho), ErrorCode::kInvalid,
                   "remove its ports first");
    EXPECT_EQ(world_.dump(), before);
    v1::RemovePortRequest removal;
    removal.set_node("storage1");
    removal.set_name("p1");
    must(world_.topology.remove_port(removal, kWho));
    expect_refused(world_.topology.remove_port(removal, kWho), ErrorCode::kNotFound, "p1");
    must(world_.topology.remove_network("red", kWho));
}

TEST_F(Registry, forgets_a_node_with_its_ports_and_memberships) {
    world_.join("storage1", key1_);
    const NodeId second = world_.join("storage2", key2_);
    v1::Network members = sample_network("red", "10.1.0.0/24");
    members.set_all_nodes(false);
    members.add_members(1);
    members.add_members(2);
    must(put(members));
    must(put("storage2", sample_port("p1", "red", "10.1.0.1/24")));
    ASSERT_TRUE(world_.nodes.report(second, v1::Report()).ok());
    must(world_.nodes.remove("storage2", kWho));
    const Status late = world_.nodes.report(second, v1::Report());
    ASSERT_FALSE(late.ok());
    EXPECT_EQ(late.error().code(), ErrorCode::kNotFound);
    EXPECT_EQ(network("red").members_size(), 1);
    for (const std::string &key :
         {node_key(second), name_key("storage2"), identity_key(key2_.public_key()),
          port_key(second, "p1"), report_key(second)})
        EXPECT_FALSE(must(world_.store->get(key)).entry) << key;
    expect_refused(world_.nodes.remove("storage2", kWho), ErrorCode::kNotFound, "storage2");
    SshPrivateKey other = make_key();
    EXPECT_EQ(world_.join("storage3", other), second);
}

TEST_F(Registry, keeps_of_a_report_what_is_not_said_again) {
    const NodeId id = world_.join("storage1", key1_);
    v1::Report first;
    first.set_revision(7);
    first.set_has_ports(true);
    first.add_ports()->set_name("p1");
    first.set_revocations("signed bytes");
    ASSERT_TRUE(world_.nodes.report(id, first).ok());
    v1::Report second;
    second.set_revision(8);
    second.set_has_refused(true);
    second.add_refused()->set_text(std::string(10000, 'x'));
    ASSERT_TRUE(world_.nodes.report(id, second).ok());
    record::Report kept;
    ASSERT_TRUE(kept.ParseFromString(must(world_.store->get(report_key(id))).entry.value().value));
    EXPECT_EQ(kept.report().revision(), 8U);
    ASSERT_EQ(kept.report().ports_size(), 1);
    EXPECT_EQ(kept.report().ports(0).name(), "p1");
    EXPECT_TRUE(kept.report().revocations().empty());
    EXPECT_EQ(kept.report().refused(0).text().size(), 400U);
}

TEST_F(Registry, lets_one_of_two_take_an_address_at_once) {
    world_.join("storage1", key1_);
    world_.join("storage2", key2_);
    must(put(sample_network("red", "10.1.0.0/24")));
    Writer second_writer(*world_.store, world_.clock, "c2", 10000);
    TopologyRegistry second(second_writer);
    for (int round = 0; round < 10; ++round) {
        const std::string address = "10.1.0.1" + std::to_string(round) + "/24";
        const std::string name = "p" + std::to_string(round);
        std::array<bool, 2> taken{};
        {
            std::vector<std::jthread> threads;
            for (std::size_t i = 0; i < 2; ++i)
                threads.emplace_back([&, i] {
                    v1::PutPortRequest request;
                    *request.mutable_port() = sample_port(name, "red", address);
                    request.set_node(i == 0 ? "storage1" : "storage2");
                    taken[i] = (i == 0 ? world_.topology : second).put_port(request, kWho).ok();
                });
        }
        EXPECT_NE(taken[0], taken[1]);
    }
}

TEST_F(Registry, keeps_revocation_lists_that_only_rise) {
    const auto signed_list = [&](std::uint64_t version, SshPrivateKey &ca) {
        RevocationList list;
        list.version = version;
        return must(sign_revocation_list(list, ca));
    };
    const auto put_list = [&](const std::string &bytes) {
        return world_.revocations.put(bytes, *world_.anchors, kWho);
    };
    EXPECT_EQ(must(world_.revocations.get()), "");
    must(put_list(signed_list(2, world_.ca)));
    const std::string before = world_.dump();
    expect_refused(put_list(signed_list(1, world_.ca)), ErrorCode::kInvalid, "old_list");
    SshPrivateKey other = make_key();
    expect_refused(put_list(signed_list(3, other)), ErrorCode::kInvalid, "wrong_ca");
    expect_refused(put_list(""), ErrorCode::kInvalid, "malformed");
    expect_refused(put_list(std::string(kStoreValueMaxBytes + 1, 'x')), ErrorCode::kTooLarge,
                   "expected at most 1048576 bytes");
    EXPECT_EQ(must(put_list(signed_list(2, world_.ca))), Revision()) << "it is in force";
    EXPECT_EQ(world_.dump(), before);
    must(put_list(signed_list(3, world_.ca)));
    EXPECT_EQ(must(world_.revocations.get()), signed_list(3, world_.ca));
    EXPECT_THAT(world_.audit("revocations").lines(0).text(), HasSubstr("version 2 -> 3"));
}

TEST_F(Registry, makes_tokens_within_bounds) {
    v1::CreateTokenRequest request;
    request.set_uses(100001);
    EXPECT_THAT(world_.tokens.create(request, kWho).error().message(), HasSubstr("token.uses"));
    request.set_uses(1);
    request.set_valid_seconds(400 * 86400);
    EXPECT_THAT(world_.tokens.create(request, kWho).error().message(),
                HasSubstr("token.valid_seconds"));
    request.set_valid_seconds(0);
    request.set_comment(std::string(201, 'c'));
    EXPECT_THAT(world_.tokens.create(request, kWho).error().message(), HasSubstr("token.comment"));
    request.set_comment("rack 4");
    const auto made = must(world_.tokens.create(request, kWho));
    EXPECT_EQ(made.token.expires(), time_to_wire(kNow + std::chrono::days(1)));
    EXPECT_EQ(made.secret.size(), 10U + 1U + 43U);
    EXPECT_TRUE(fits(made.secret, made.token));
    const auto removed = world_.tokens.remove(made.secret, kWho); // a slip of the hand
    ASSERT_FALSE(removed.ok());
    EXPECT_EQ(removed.error().message().find(made.secret.substr(11)), std::string::npos);
    must(world_.tokens.remove(made.token.id(), kWho));
}

TEST_F(Registry, opens_only_the_overlay_it_is_of) {
    const auto pool = must(IpPrefix::parse("100.64.0.0/10"));
    const std::string id = must(open_cluster(world_.writer, "rack-4", pool)).store_id();
    EXPECT_EQ(id.size(), 32U);
    EXPECT_EQ(must(open_cluster(world_.writer, "rack-4", pool)).store_id(), id);
    EXPECT_THAT(open_cluster(world_.writer, "rack-5", pool).error().message(),
                HasSubstr("network_id: expected rack-4 as in the store, found rack-5"));
    EXPECT_FALSE(open_cluster(world_.writer, "rack-4", must(IpPrefix::parse("10.0.0.0/8"))).ok());
}

TEST_F(Registry, pages_and_bounds_the_audit_log) {
    Writer bounded(*world_.store, world_.clock, "c1", 50);
    TokenRegistry tokens(bounded);
    for (int i = 0; i < 130; ++i)
        must(tokens.create({}, kWho));
    EXPECT_LE(must(world_.store->list(kAuditPrefix)).entries.size(), 50U + 64U);
    must(trim_audit(*world_.store, 50));
    EXPECT_EQ(must(trim_audit(*world_.store, 50)), 0U);
    v1::AuditRequest request;
    request.set_limit(20);
    std::set<std::uint64_t> seen;
    for (int page = 0; page < 3; ++page) {
        const v1::Audit audit = must(list_audit(*world_.store, request));
        for (const v1::AuditLine &line : audit.lines()) {
            EXPECT_TRUE(request.before() == 0 || line.sequence() < request.before());
            request.set_before(line.sequence());
            seen.insert(line.sequence());
        }
    }
    EXPECT_EQ(seen.size(), 50U);
}

TEST(NodeIds, are_ranges_that_grow_and_split) {
    record::NodeIds ids;
    const IpPrefix pool = *IpPrefix::parse("192.0.2.0/28");
    for (const std::uint32_t id : {5U, 3U, 1U, 4U, 2U, 9U, 2U})
        use_id(ids, NodeId(id));
    ASSERT_EQ(ids.used_size(), 2);
    EXPECT_EQ(ids.used(0).last(), 5U);
    EXPECT_EQ(lowest_free(ids, pool), NodeId(6));
    free_id(ids, NodeId(3));
    EXPECT_EQ(ids.used_size(), 3);
    EXPECT_EQ(lowest_free(ids, pool), NodeId(3));
    EXPECT_FALSE(is_used(ids, NodeId(3)));
    EXPECT_TRUE(is_used(ids, NodeId(9)));
    free_id(ids, NodeId(1));
    EXPECT_EQ(lowest_free(ids, pool), NodeId(1));
    free_id(ids, NodeId(9));
    free_id(ids, NodeId(9));
    EXPECT_EQ(ids.used_size(), 2);
    for (std::uint32_t id = 1; id <= 15; ++id)
        use_id(ids, NodeId(id));
    EXPECT_EQ(ids.used_size(), 1);
    EXPECT_EQ(lowest_free(ids, pool), std::nullopt);
}

} // namespace
} // namespace coax::controller::test
