// SPDX-License-Identifier: Apache-2.0
// What nodes say of themselves: taken only by the rule that agents go by.
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/controller/world.h"

namespace coax::controller::test {
namespace {

using testing::HasSubstr;

class Announce : public testing::Test {
  protected:
    v1::Announce announce(const Binding &binding) {
        v1::Announce announce;
        announce.set_binding(world_.binding(binding, key_));
        announce.set_lanes(static_cast<std::uint32_t>(binding.lane_keys.size()));
        announce.set_kernel("6.12.1");
        announce.set_backend("kernel");
        return announce;
    }
    std::variant<Admissions::Announced, Refused> take(const v1::Announce &announce,
                                                      NodeId node = NodeId(1)) {
        return must(world_.admissions->announce(node, announce));
    }
    World world_;
    SshPrivateKey key_ = make_key();
    NodeId id_ = world_.join("storage1", key_);
    Binding binding_ = coax::test::sample_binding();
};

TEST_F(Announce, is_stored_and_told_once) {
    const auto taken = take(announce(binding_));
    const auto &announced = std::get<Admissions::Announced>(taken);
    EXPECT_TRUE(announced.changed);
    EXPECT_EQ(announced.node.lanes(), 2U);
    EXPECT_EQ(announced.node.kernel(), "6.12.1");
    EXPECT_EQ(must(world_.nodes.get("storage1")).binding(), announced.node.binding());
    const std::string before = world_.dump();
    const auto again = take(announce(binding_));
    EXPECT_FALSE(std::get<Admissions::Announced>(again).changed);
    EXPECT_EQ(world_.dump(), before);
    EXPECT_THAT(world_.audit("node storage1").lines(0).text(), HasSubstr("192.0.2.1:51820"));
}

TEST_F(Announce, of_a_renewed_binding_is_no_line_of_the_audit_log) {
    take(announce(binding_));
    const int lines = world_.audit().lines_size();
    binding_.epoch += 1;
    binding_.expires += std::chrono::hours(1);
    EXPECT_TRUE(std::get<Admissions::Announced>(take(announce(binding_))).changed);
    EXPECT_EQ(world_.audit().lines_size(), lines);
    binding_.epoch += 1;
    binding_.lane_keys = {coax::test::lane_key(9), coax::test::lane_key(8)};
    take(announce(binding_));
    EXPECT_EQ(world_.audit().lines_size(), lines + 1);
    EXPECT_THAT(world_.audit().lines(0).text(), HasSubstr(" -> "));
}

struct BadAnnounce {
    std::string name;
    std::function<void(World &, Binding &)> spoil;
    std::string reason;
    std::string text;
};
class BadAnnounces : public Announce, public testing::WithParamInterface<BadAnnounce> {};

TEST_P(BadAnnounces, are_refused_and_change_nothing) {
    take(announce(binding_));
    GetParam().spoil(world_, binding_);
    const std::string before = world_.dump();
    const auto outcome = take(announce(binding_));
    const auto *refused = std::get_if<Refused>(&outcome);
    ASSERT_NE(refused, nullptr);
    EXPECT_EQ(refused->reason, GetParam().reason) << refused->text;
    EXPECT_THAT(refused->text, HasSubstr(GetParam().text));
    EXPECT_EQ(world_.dump(), before);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadAnnounces,
    testing::Values(
        BadAnnounce{"old_epoch", [](World &, Binding &b) { b.epoch -= 1; }, "old_epoch",
                    "has epoch 1799999999, epoch 1800000000 was accepted"},
        BadAnnounce{"epoch_used_twice",
                    [](World &, Binding &b) { b.expires += std::chrono::hours(1); }, "epoch_reused",
                    "on two machines?"},
        BadAnnounce{"stolen_vtep",
                    [](World &, Binding &b) { b.vtep = must(IpAddress::parse("100.64.0.2")); },
                    "wrong_vtep", "node 1 has 100.64.0.1"},
        BadAnnounce{"record_of_another_node",
                    [](World &, Binding &b) {
                        b.node = NodeId(2);
                        b.vtep = must(IpAddress::parse("100.64.0.2"));
                    },
                    "other_node", "the binding is of node 2"},
        BadAnnounce{"name_of_another_node", [](World &, Binding &b) { b.name = "storage2"; },
                    "other_node", "expected node 1 (\"storage1\")"},
        BadAnnounce{"another_overlay", [](World &, Binding &b) { b.network_id = "rack-5"; },
                    "wrong_network", "this one is \"rack-4\""},
        BadAnnounce{"clock_ahead",
                    [](World &, Binding &b) {
                        b.epoch += 7200;
                        b.not_before += std::chrono::hours(2);
                        b.expires += std::chrono::hours(2);
                    },
                    "not_yet_valid",
                    "(the node signed for 2027-01-15T09:55:00Z to 2027-01-15T11:00:00Z, the "
                    "controller's clock says 2027-01-15T08:00:00Z)"},
        BadAnnounce{"expired",
                    [](World &w, Binding &b) {
                        b.epoch += 1;
                        w.clock.advance(std::chrono::hours(2));
                    },
                    "expired", "the controller's clock says 2027-01-15T10:00:00Z"},
        BadAnnounce{"revoked",
                    [](World &w, Binding &b) {
                        b.epoch += 1;
                        RevocationList list;
                        list.version = 1;
                        list.serials = {{w.ca.public_key(), 7}};
                        must(w.revocations.put(must(sign_revocation_list(list, w.ca)), *w.anchors,
                                               "operator alice"));
                    },
                    "revoked", "make a new key"}),
    [](const auto &row) { return row.param.name; });

TEST_F(Announce, signed_by_another_key_is_refused) {
    SshPrivateKey other = make_key();
    v1::Announce message = announce(binding_);
    message.set_binding(world_.binding(binding_, other));
    EXPECT_EQ(std::get<Refused>(take(message)).reason, "bad_signature");
}

TEST_F(Announce, of_no_form_is_refused) {
    for (const std::string &bytes :
         {std::string(), std::string("x"), std::string(8193, 'b'), std::string(100, '\xff')}) {
        v1::Announce message = announce(binding_);
        message.set_binding(bytes);
        const auto outcome = take(message);
        EXPECT_TRUE(std::holds_alternative<Refused>(outcome));
    }
    v1::Announce lanes = announce(binding_);
    lanes.set_lanes(1);
    EXPECT_THAT(std::get<Refused>(take(lanes)).text, HasSubstr("lanes: expected 2"));
    v1::Announce kernel = announce(binding_);
    kernel.set_kernel(std::string(65, 'k'));
    EXPECT_EQ(std::get<Refused>(take(kernel)).reason, "malformed");
}

TEST_F(Announce, of_a_node_that_was_removed_is_refused) {
    must(world_.nodes.remove("storage1", "operator alice"));
    EXPECT_EQ(std::get<Refused>(take(announce(binding_))).reason, kNotRegistered);
}

} // namespace
} // namespace coax::controller::test
