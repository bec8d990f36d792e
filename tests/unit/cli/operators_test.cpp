// SPDX-License-Identifier: Apache-2.0
// The verbs that ask a controller, end to end against one on a unix socket or behind TLS.
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "harness/fake_controller.h"
#include "lib/control/join_token.h"
#include "lib/trust/revocation_list.h"
#include "unit/cli/fake_operators.h"
#include "unit/cli/fixture.h"
#include "unit/trust/keys.h"
#include "unit/trust/temp_folder.h"

namespace coax::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Json = nlohmann::json;

class OperatorVerbs : public CliTest {
  protected:
    OperatorVerbs() { clock.set_system(kNow); }

    void SetUp() override { controller.serve(socket_of("controller")); }
    int ctl(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {"--controller", socket_of("controller")});
        return coax(arguments);
    }
    /// A node that waits, with a key of its own.
    SshPublicKey pending(const std::string &name) {
        const SshPublicKey key = make_key().public_key();
        auto &node = *controller.nodes.add_nodes();
        node.set_name(name);
        node.set_state("pending");
        node.set_public_key(key.bytes.data(), key.bytes.size());
        return key;
    }
    void online(const std::string &name, std::uint32_t id) {
        auto &node = *controller.nodes.add_nodes();
        node.set_name(name);
        node.set_id(id);
        node.set_state("online");
    }
    std::string path(const std::string &name) const { return folder_.path(name); }
    void make_ca() {
        ASSERT_EQ(coax({"ca", "init", "--ca", path("ca")}), 0) << err;
        ca_ = must(SshPublicKey::parse(folder_.read("ca.pub")));
    }

    TempFolder folder_;
    SshPublicKey ca_;
    FakeOperators controller;
};

TEST_F(OperatorVerbs, list_in_text_and_json_also_when_there_is_nothing) {
    const std::vector<std::string> verbs = {"nodes", "networks",    "tokens",
                                            "audit", "revocations", "controller"};
    for (const std::string &verb : verbs) {
        EXPECT_EQ(ctl({verb}), 0) << verb << err;
        EXPECT_NE(out, "") << verb;
        ASSERT_EQ(ctl({verb, "--json"}), 0) << verb << err;
        EXPECT_TRUE(Json::parse(out).is_object()) << verb;
    }
    EXPECT_EQ(ctl({"ports", "list"}), 0);
    EXPECT_THAT(out, HasSubstr("coax ports create"));
}

TEST_F(OperatorVerbs, say_where_a_controller_was_sought) {
    EXPECT_EQ(coax({"nodes", "--controller", path("nowhere")}), 3);
    EXPECT_THAT(err, HasSubstr("no controller at " + path("nowhere")));
    EXPECT_EQ(coax({"nodes"}), 3) << "no socket, no operator's file";
    EXPECT_THAT(err, AllOf(HasSubstr("coax login"), HasSubstr("--controller PATH")));
    environment["COAX_CONTROLLER"] = socket_of("controller");
    EXPECT_EQ(coax({"nodes"}), 0) << err;
}

TEST_F(OperatorVerbs, pass_on_what_the_controller_says) {
    controller.verdict = {grpc::StatusCode::NOT_FOUND, "no node storage9"};
    EXPECT_EQ(ctl({"nodes", "remove", "storage9"}), 1);
    EXPECT_EQ(err, "coax: the controller says: no node storage9\n");
    controller.verdict = {grpc::StatusCode::PERMISSION_DENIED, "alice may only read"};
    EXPECT_EQ(ctl({"networks", "delete", "red"}), 1);
    EXPECT_THAT(err, HasSubstr("alice may only read"));
    controller.verdict = {grpc::StatusCode::UNAVAILABLE, "gone"};
    EXPECT_EQ(ctl({"nodes"}), 3);
}

TEST_F(OperatorVerbs, approve_signs_the_key_that_waits) {
    make_ca();
    const SshPublicKey key = pending("storage1");
    ASSERT_EQ(ctl({"nodes", "approve", "storage1", "--ca", path("ca"), "--valid", "2w"}), 0) << err;
    const auto certificate = must(SshCertificate::from_blob(controller.approved.certificate()));
    EXPECT_EQ(controller.approved.name(), "storage1");
    EXPECT_EQ(certificate.facts.key, key);
    EXPECT_EQ(certificate.ca, ca_);
    EXPECT_THAT(certificate.facts.principals, ElementsAre("storage1"));
    EXPECT_EQ(certificate.facts.valid_before, kNow + std::chrono::weeks(2));
    ASSERT_EQ(ctl({"nodes", "approve", "storage1", "--ca", path("ca"), "--json"}), 0);
    EXPECT_EQ(Json::parse(out)["nodes"][0]["id"], 17);
}

TEST_F(OperatorVerbs, approve_signs_nothing_for_another_key_or_name) {
    make_ca();
    const SshPublicKey key = pending("storage1");
    const std::string other = make_key().public_key().fingerprint();
    EXPECT_EQ(ctl({"nodes", "approve", "storage1=" + other, "--ca", path("ca")}), 1);
    EXPECT_THAT(err, AllOf(HasSubstr(key.fingerprint()), HasSubstr("nothing was signed")));
    EXPECT_EQ(ctl({"nodes", "approve", "storage1", "storage2", "--ca", path("ca")}), 1);
    EXPECT_THAT(err, HasSubstr("no node storage2 waits"));
    EXPECT_EQ(controller.approved.name(), "") << "none is signed unless all can be";
    EXPECT_EQ(ctl({"nodes", "approve", "storage1", "--ca", path("nowhere")}), 1)
        << "a missing key file is no unreachable controller";
    EXPECT_EQ(ctl({"nodes", "approve", "storage1=" + key.fingerprint(), "--ca", path("ca")}), 0);
}

TEST_F(OperatorVerbs, approve_asks_on_a_terminal) {
    make_ca();
    const SshPublicKey key = pending("storage1");
    in_is_terminal = true;
    typed = "n\n";
    EXPECT_EQ(ctl({"nodes", "approve", "storage1", "--ca", path("ca")}), 1);
    EXPECT_THAT(err, HasSubstr(key.fingerprint()));
    EXPECT_EQ(controller.approved.name(), "");
    typed = "y\n";
    EXPECT_EQ(ctl({"nodes", "approve", "storage1", "--ca", path("ca")}), 0);
    EXPECT_EQ(controller.approved.name(), "storage1");
}

TEST_F(OperatorVerbs, nodes_say_who_waits_and_how_to_end_that) {
    const SshPublicKey key = pending("storage1");
    online("storage2", 2);
    auto &refused = *controller.nodes.mutable_nodes(1)->add_refuses();
    refused.set_node_id(7);
    refused.set_text("certificate of storage7 expired 2d ago");
    ASSERT_EQ(ctl({"nodes", "--wide"}), 0);
    EXPECT_THAT(out, AllOf(HasSubstr("coax nodes approve storage1"), HasSubstr(key.fingerprint()),
                           HasSubstr("storage2 refuses node 7: certificate of storage7")));
    ASSERT_EQ(ctl({"node", "show", "storage1", "--json"}), 0);
    EXPECT_EQ(Json::parse(out)["fingerprint"], key.fingerprint());
    EXPECT_EQ(Json::parse(out)["certificate"], nullptr);
    EXPECT_EQ(ctl({"nodes", "show", "storage3"}), 1);
    EXPECT_THAT(err, HasSubstr("knows no node storage3"));
}

TEST_F(OperatorVerbs, networks_create_takes_all_from_its_options) {
    online("storage2", 2);
    ASSERT_EQ(ctl({"networks", "create", "red", "--vni", "100", "--subnet", "10.1.0.0/24",
                   "--subnet", "2001:db8::/64", "--member", "storage2", "--mtu", "1400",
                   "--no-learn", "--flood-pps", "5"}),
              0)
        << err;
    const ctl::Network &network = controller.put_network.network();
    EXPECT_TRUE(controller.put_network.must_be_new());
    EXPECT_EQ(network.vni(), 100U);
    EXPECT_THAT(network.subnets(), ElementsAre("10.1.0.0/24", "2001:db8::/64"));
    EXPECT_THAT(network.members(), ElementsAre(2U));
    EXPECT_FALSE(network.all_nodes());
    EXPECT_TRUE(network.flood());
    EXPECT_EQ(network.flood_pps(), 5U);
    EXPECT_FALSE(network.learn());
    EXPECT_EQ(network.mtu(), 1400U);
    EXPECT_EQ(ctl({"networks", "create", "blue", "--member", "storage9"}), 1);
    EXPECT_THAT(err, HasSubstr("no node storage9"));
    ASSERT_EQ(ctl({"network", "create", "blue", "--replace"}), 0);
    EXPECT_FALSE(controller.put_network.must_be_new());
    EXPECT_TRUE(controller.put_network.network().all_nodes());
    ASSERT_EQ(ctl({"networks", "delete", "red"}), 0);
    EXPECT_EQ(controller.removed_network.name(), "red");
}

TEST_F(OperatorVerbs, ports_are_made_on_any_node) {
    ASSERT_EQ(ctl({"ports", "create", "storage2", "db", "--network", "red", "--netns", "c1",
                   "--address", "10.1.0.5/24", "--guard-ips"}),
              0)
        << err;
    const ctl::Port &port = controller.put_port.port();
    EXPECT_EQ(controller.put_port.node(), "storage2");
    EXPECT_EQ(port.kind(), "netns");
    EXPECT_EQ(port.netns(), "c1");
    EXPECT_EQ(port.ifname(), "db");
    EXPECT_THAT(port.addresses(), ElementsAre("10.1.0.5/24"));
    EXPECT_TRUE(port.guard_ips());
    ASSERT_EQ(ctl({"ports", "create", "storage2", "h", "--network", "red", "--ifname", "red0"}), 0);
    EXPECT_EQ(controller.put_port.port().kind(), "host");
    EXPECT_EQ(controller.put_port.port().ifname(), "red0");
    ASSERT_EQ(ctl({"ports", "delete", "storage2", "db"}), 0);
    EXPECT_EQ(controller.removed_port.name(), "db");
    auto &listed = *controller.ports.add_ports();
    listed.set_node("storage2");
    listed.mutable_port()->set_name("db");
    listed.set_error("no network namespace c1");
    ASSERT_EQ(ctl({"ports", "list", "--node", "storage2"}), 0);
    EXPECT_THAT(out, HasSubstr("storage2 db: no network namespace c1"));
    ASSERT_EQ(ctl({"ports", "list", "--node", "storage3"}), 0);
    EXPECT_THAT(out, HasSubstr("no ports"));
}

TEST_F(OperatorVerbs, token_create_adds_the_cas_the_controller_does_not_know) {
    make_ca();
    controller.created.set_network_id("rack-4");
    controller.created.add_controllers("192.0.2.1:9787");
    controller.created.set_tls_certificate("certificate");
    controller.created.set_secret("k3v9.secret");
    controller.created.mutable_token()->set_id("k3v9");
    ASSERT_EQ(
        ctl({"token", "create", "--uses", "3", "--valid", "2h", "--ca", path("ca.pub"), "--json"}),
        0)
        << err;
    const Json made = Json::parse(out);
    const JoinToken token = must(JoinToken::parse(made["token"].get<std::string>()));
    EXPECT_THAT(token.cas, ElementsAre(ca_));
    EXPECT_EQ(token.secret, "k3v9.secret");
    EXPECT_EQ(made["id"], "k3v9");
    EXPECT_EQ(controller.create_token.uses(), 3U);
    EXPECT_EQ(controller.create_token.valid_seconds(), 7200U);
    ASSERT_EQ(ctl({"tokens", "create"}), 0);
    EXPECT_THAT(out, AllOf(StartsWith("coax1-"), HasSubstr("coax join TOKEN --ca FILE")));
    ASSERT_EQ(ctl({"tokens", "delete", "k3v9"}), 0);
    EXPECT_EQ(controller.removed_token.id(), "k3v9");
}

TEST_F(OperatorVerbs, revocations_push_sends_what_ca_revoke_wrote) {
    make_ca();
    ASSERT_EQ(coax({"ca", "revoke", "--ca", path("ca"), "--list", path("list"), "--serial", "7"}),
              0);
    ASSERT_EQ(ctl({"revocations", "push", path("list")}), 0) << err;
    EXPECT_EQ(must(open_revocation_list(controller.pushed.list())).list.version, 1U);
    controller.revocations = controller.pushed;
    ASSERT_EQ(ctl({"revocations", "show", "--json"}), 0);
    EXPECT_EQ(Json::parse(out)["revocation_list"]["version"], 1);
    EXPECT_EQ(ctl({"revocations", "push", path("ca.pub")}), 1);
}

TEST_F(OperatorVerbs, audit_shows_who_did_what) {
    auto &line = *controller.audit.add_lines();
    line.set_when(1800000000);
    line.set_who("operator alice");
    line.set_what("network.put");
    line.set_object("network red");
    line.set_text("mtu 0 -> 1400\x1b[31m");
    ASSERT_EQ(ctl({"audit", "-n", "5", "--object", "network red"}), 0);
    EXPECT_EQ(out, "2027-01-15T08:00:00Z  operator alice  network.put  network red\n"
                   "    mtu 0 -> 1400?[31m\n");
    EXPECT_EQ(controller.audit_request.limit(), 5U);
    EXPECT_EQ(controller.audit_request.object(), "network red");
}

TEST_F(OperatorVerbs, wait_ends_when_it_is_so) {
    (void)pending("storage1");
    pacer.rounds = 100;
    controller.before_nodes = [this](int look) {
        if (look == 3)
            controller.nodes.mutable_nodes(0)->set_state("online");
    };
    ASSERT_EQ(ctl({"wait", "node", "storage1"}), 0) << err;
    EXPECT_EQ(out, "node storage1 is online\n");
    EXPECT_EQ(pacer.waits.size(), 2U);
}

TEST_F(OperatorVerbs, wait_says_how_it_is_when_time_is_over) {
    (void)pending("storage1");
    pacer.rounds = 1000;
    EXPECT_EQ(ctl({"wait", "node", "storage1", "--timeout", "2"}), 1);
    EXPECT_EQ(err, "coax: after 2 s: node storage1 is pending\n");
    EXPECT_EQ(ctl({"wait", "node", "storage2", "--state", "gone"}), 0);
    EXPECT_EQ(ctl({"wait", "port", "storage1", "db", "-t", "0"}), 1);
    EXPECT_THAT(err, HasSubstr("no port db of storage1"));
    controller.status.set_revision(10);
    online("storage2", 2);
    EXPECT_EQ(ctl({"wait", "applied", "-t", "0"}), 1);
    EXPECT_THAT(err, HasSubstr("node storage2 has applied revision 0, expected 10"));
    controller.nodes.mutable_nodes(1)->set_applied_revision(10);
    EXPECT_EQ(ctl({"wait", "applied", "-t", "0"}), 0);
}

TEST_F(OperatorVerbs, controller_status_is_loud_about_auto_admit) {
    controller.status.set_store_error("disk full");
    controller.status.set_auto_admit(true);
    ASSERT_EQ(ctl({"controller", "status"}), 0);
    EXPECT_THAT(out, AllOf(HasSubstr("disk full"), HasSubstr("only for labs")));
}

TEST_F(OperatorVerbs, login_lets_another_machine_ask) {
    const TlsIdentity tls = TlsIdentity::make();
    const SshPrivateKey key = make_key();
    FakeOperators remote;
    const std::string address =
        remote.serve_tls(tls.key, tls.certificate, tls.der, key.public_key());
    const SecretBytes text = key.to_openssh("alice");
    (void)folder_.write("alice", view_of(text), 0600);
    (void)folder_.write("tls.pem", tls.certificate);
    environment["XDG_CONFIG_HOME"] = folder_.path();
    EXPECT_EQ(coax({"login", address, "--tls", path("tls.pem"), "--key", path("alice")}), 0) << err;
    EXPECT_THAT(out, AllOf(HasSubstr("alice, operator"), HasSubstr("rack-4")));
    EXPECT_EQ(folder_.mode_of("coax/controller.toml"), 0600U);
    EXPECT_EQ(coax({"nodes"}), 0) << err;
    (void)folder_.write("tls.pem", TlsIdentity::make().certificate);
    EXPECT_EQ(coax({"login", address, "--tls", path("tls.pem"), "--key", path("alice")}), 3)
        << "another certificate than the pinned one";
}

TEST_F(OperatorVerbs, login_refuses_who_is_no_operator) {
    const TlsIdentity tls = TlsIdentity::make();
    FakeOperators remote;
    const std::string address =
        remote.serve_tls(tls.key, tls.certificate, tls.der, make_key().public_key());
    const SecretBytes text = make_key().to_openssh("mallory");
    (void)folder_.write("mallory", view_of(text), 0600);
    (void)folder_.write("tls.pem", tls.certificate);
    EXPECT_EQ(coax({"login", address, "--tls", path("tls.pem"), "--key", path("mallory"), "-o",
                    path("out")}),
              1);
    EXPECT_THAT(err, HasSubstr("none of an operator's"));
    EXPECT_FALSE(std::filesystem::exists(path("out")));
}

TEST_F(OperatorVerbs, refuse_wrong_arguments_with_2) {
    const std::vector<std::vector<std::string>> rows = {
        {"nodes", "approve"},
        {"nodes", "approve", "Storage1"},
        {"nodes", "approve", "storage1=abc"},
        {"nodes", "frobnicate"},
        {"networks", "create"},
        {"networks", "create", "red", "--vni", "0"},
        {"ports", "create", "storage1"},
        {"ports", "create", "storage1", "db"},
        {"ports", "create", "storage1", "db", "--network", "red", "--kind", "tap"},
        {"tokens", "create", "--uses", "0"},
        {"tokens", "create", "--valid", "1y"},
        {"audit", "--limit", "0"},
        {"wait"},
        {"wait", "node"},
        {"wait", "port", "storage1"},
        {"login", "host:1"},
    };
    for (const auto &arguments : rows) {
        EXPECT_EQ(ctl(arguments), 2) << ::testing::PrintToString(arguments);
        EXPECT_THAT(err, Not(HasSubstr("controller says")));
    }
}

} // namespace
} // namespace coax::test
