// SPDX-License-Identifier: Apache-2.0
// coax join against a controller that does what a script says, over TLS.
#include <fstream>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "harness/fake_controller.h"
#include "lib/control/hello.h"
#include "lib/control/join_token.h"
#include "lib/control/pinned_channel.h"
#include "unit/cli/fixture.h"
#include "unit/trust/keys.h"
#include "unit/trust/temp_folder.h"

namespace coax::test {
namespace {

namespace proto = coax::controller::v1;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

const std::string kNonce(kControlNonceBytes, 'n');

class Join : public CliTest {
  protected:
    Join() { clock.set_system(kNow); }

    /// A controller that challenges, takes the hello and does the rest.
    void serve_fleet(std::function<void(FakeController::Visit &, const proto::Hello &)> rest) {
        fleet_ = std::make_unique<FakeController>(tls_, [this, rest](FakeController::Visit &visit) {
            proto::ToAgent message;
            message.mutable_challenge()->set_network_id(network_id_);
            message.mutable_challenge()->set_nonce(kNonce);
            proto::FromAgent answer;
            if (!visit.send(message) || !visit.stream.Read(&answer))
                return;
            rest(visit, answer.hello());
            visit.listen();
        });
    }
    /// As the operator would: certifies the key of the hello.
    std::string certify(const proto::Hello &hello, SshPrivateKey &ca) const {
        SshPublicKey key;
        std::copy(hello.public_key().begin(), hello.public_key().end(), key.bytes.begin());
        CertificateFacts facts = host_facts(key);
        facts.principals = {hello.name()};
        return must(make_certificate(facts, ca)).blob;
    }
    proto::ToAgent welcome(const std::string &name, const std::string &certificate) const {
        proto::ToAgent message;
        auto &said = *message.mutable_welcome();
        said.set_network_id("rack-4");
        said.set_node_id(17);
        said.set_name(name);
        said.set_vtep_pool("100.64.0.0/10");
        said.set_certificate(certificate);
        said.set_alive_seconds(1);
        return message;
    }
    void serve_friendly() {
        serve_fleet([this](FakeController::Visit &visit, const proto::Hello &hello) {
            last_hello_ = hello;
            const std::string certificate =
                hello.certificate().empty() ? certify(hello, ca_) : std::string();
            visit.send(welcome(hello.name(), certificate));
        });
    }
    std::string token() const {
        return JoinToken{
            "rack-4", {fleet_->address()}, tls_.der, "k3v9.secret-part", {ca_.public_key()}}
            .to_text();
    }
    std::string config() const { return folder_.path("coax.toml"); }
    int join(std::vector<std::string> options = {}) {
        options.insert(options.begin(), {"join", token(), "--config", config()});
        return coax(options);
    }
    std::string control(const std::string &file) const {
        return state_root() + "/coax/control/" + file;
    }
    std::string content(const std::string &path) const {
        const auto text = read_file(path, 1 << 20);
        return text.ok() ? *text : "";
    }

    TempFolder folder_;
    TlsIdentity tls_ = TlsIdentity::make();
    SshPrivateKey ca_ = make_key();
    std::string network_id_ = "rack-4";
    proto::Hello last_hello_;
    std::unique_ptr<FakeController> fleet_;
};

TEST_F(Join, makes_a_node_of_this_machine) {
    serve_friendly();
    ASSERT_EQ(join({"--json"}), 0) << err;
    const Json said = Json::parse(out);
    EXPECT_EQ(said["node_id"], 17);
    EXPECT_EQ(said["name"], "storage1") << "the host's name up to its first dot";
    EXPECT_FALSE(said["started"]);
    EXPECT_THAT(content(config()),
                AllOf(HasSubstr("id = 17"), HasSubstr("uplinks = [\"eth0\"]"),
                      HasSubstr("network_id = \"rack-4\""), HasSubstr(fleet_->address())));
    const auto key = must(SshPrivateKey::load(control("identity")));
    const auto certificate = must(SshCertificate::parse(content(control("identity-cert.pub"))));
    EXPECT_EQ(certificate.facts.key, key.public_key());
    EXPECT_EQ(must(TrustAnchors::load(control("trust_anchors"))).cas.size(), 1U);
    EXPECT_EQ(must(certificate_from_pem(content(control("controller.pem")))), tls_.der);
    EXPECT_EQ(last_hello_.token_secret(), "k3v9.secret-part");
    const ChallengeFacts facts{"rack-4", kNonce, tls_.der};
    EXPECT_TRUE(
        check_proof(last_hello_.proof(), facts, "storage1", kHelloNamespace, key.public_key())
            .ok());
    EXPECT_THAT(content(config()) + out + err, Not(HasSubstr("secret-part")));
}

TEST_F(Join, can_be_run_again) {
    serve_friendly();
    ASSERT_EQ(join(), 0) << err;
    const std::string before = content(config());
    const int visits = fleet_->visits();
    EXPECT_EQ(join(), 0) << err;
    EXPECT_THAT(out, HasSubstr("storage1 is node 17"));
    EXPECT_EQ(content(config()), before);
    EXPECT_EQ(fleet_->visits(), visits) << "nothing is asked of the controller";
    EXPECT_EQ(join({"--name", "storage2"}), 1);
    EXPECT_THAT(err, HasSubstr("is of node 17 (storage1) already"));
}

TEST_F(Join, goes_on_where_it_was_killed) {
    serve_friendly();
    ASSERT_EQ(join(), 0) << err;
    const std::string identity = content(control("identity"));
    const std::string certificate = content(control("identity-cert.pub"));
    for (const char *lost : {"", "identity-cert.pub", "controller.pem", "trust_anchors"}) {
        std::filesystem::remove(config());
        if (*lost != '\0')
            std::filesystem::remove(control(lost));
        ASSERT_EQ(join(), 0) << lost << err;
        EXPECT_EQ(content(control("identity")), identity);
        EXPECT_NE(content(control("identity-cert.pub")), "");
        EXPECT_NE(content(config()), "");
    }
}

TEST_F(Join, overwrites_no_other_configuration) {
    serve_friendly();
    for (const char *other :
         {"[node]\nid = 3\nname = \"other\"\n",
          "[node]\nid = 3\nname = \"other\"\n[control]\nnetwork_id = \"x\"\n", "not toml"}) {
        std::ofstream(config()) << other;
        EXPECT_EQ(join(), 1) << other;
        EXPECT_EQ(content(config()), other);
        EXPECT_EQ(fleet_->visits(), 0);
        EXPECT_FALSE(std::filesystem::exists(control("identity")));
    }
    std::ofstream(config()) << "[node]\nid = 3\nname = \"other\"\n";
    EXPECT_EQ(join(), 1);
    EXPECT_THAT(err, AllOf(HasSubstr("node 3 (other)"), HasSubstr("no controller"),
                           HasSubstr("not overwritten")));
}

TEST_F(Join, says_what_the_operator_must_run_while_it_waits) {
    serve_fleet([this](FakeController::Visit &visit, const proto::Hello &hello) {
        proto::ToAgent message;
        message.mutable_pending()->set_text("storage1 has no certificate yet");
        visit.send(message);
        visit.send(welcome(hello.name(), certify(hello, ca_)));
    });
    ASSERT_EQ(join(), 0) << err;
    const auto key = must(SshPrivateKey::load(control("identity")));
    EXPECT_THAT(err,
                AllOf(HasSubstr("has no certificate yet"),
                      HasSubstr("coax nodes approve storage1=" + key.public_key().fingerprint())));
}

TEST_F(Join, ends_when_it_is_refused_for_good) {
    serve_fleet([](FakeController::Visit &visit, const proto::Hello &) {
        proto::ToAgent message;
        message.mutable_refused()->set_text("the join token has expired: make another one");
        message.mutable_refused()->set_lasting(true);
        visit.send(message);
    });
    EXPECT_EQ(join(), 1);
    EXPECT_THAT(err, HasSubstr("the join token has expired: make another one"));
    EXPECT_FALSE(std::filesystem::exists(config()));
}

TEST_F(Join, believes_only_its_cas) {
    SshPrivateKey other = make_key();
    serve_fleet([&](FakeController::Visit &visit, const proto::Hello &hello) {
        visit.send(welcome(hello.name(), certify(hello, other)));
    });
    EXPECT_EQ(join(), 1);
    EXPECT_THAT(err, AllOf(HasSubstr("refused here"), HasSubstr(other.public_key().fingerprint())));
    EXPECT_FALSE(std::filesystem::exists(config()));
    EXPECT_FALSE(std::filesystem::exists(control("identity-cert.pub")));
}

TEST_F(Join, takes_no_certificate_of_another_key_or_name) {
    serve_fleet([this](FakeController::Visit &visit, const proto::Hello &hello) {
        CertificateFacts facts = host_facts(make_key().public_key());
        facts.principals = {hello.name()};
        visit.send(welcome(hello.name(), must(make_certificate(facts, ca_)).blob));
    });
    EXPECT_EQ(join(), 1);
    EXPECT_THAT(err, HasSubstr("of another key"));
    serve_fleet([this](FakeController::Visit &visit, const proto::Hello &hello) {
        visit.send(welcome("storage2", certify(hello, ca_)));
    });
    EXPECT_EQ(join(), 1);
    EXPECT_THAT(err, HasSubstr("welcomes node 17 (storage2)"));
    EXPECT_FALSE(std::filesystem::exists(config()));
}

TEST_F(Join, gives_up_when_told_how_long_to_wait) {
    serve_fleet([](FakeController::Visit &visit, const proto::Hello &) {
        proto::ToAgent message;
        message.mutable_pending()->set_text("waiting for an operator");
        visit.send(message);
    });
    EXPECT_EQ(join({"--timeout", "1"}), 3);
    EXPECT_THAT(err, HasSubstr("not a node yet after 1 s; the last word: "));
}

TEST_F(Join, starts_the_agent_through_systemd_only_where_that_runs) {
    serve_friendly();
    EXPECT_EQ(join({"--start"}), 1);
    EXPECT_THAT(err, HasSubstr("--start needs systemd"));
    EXPECT_EQ(join(), 0);
    EXPECT_THAT(out, HasSubstr("Start it: coaxd --config " + config()));
    EXPECT_TRUE(programs.empty());
}

TEST_F(Join, needs_a_ca_an_uplink_and_a_name) {
    serve_friendly();
    const std::string bare =
        JoinToken{"rack-4", {fleet_->address()}, tls_.der, "k.s", {}}.to_text();
    EXPECT_EQ(coax({"join", bare, "--config", config()}), 1);
    EXPECT_THAT(err, HasSubstr("which CA to believe"));
    (void)folder_.write("ca.pub", ca_.public_key().to_line("ca"));
    EXPECT_EQ(coax({"join", bare, "--config", config(), "--ca", folder_.path("ca.pub")}), 0) << err;
    std::filesystem::remove(config());
    default_route.clear();
    EXPECT_EQ(join(), 1);
    EXPECT_THAT(err, HasSubstr("--uplink NAME"));
    host_name = "UPPER_case";
    EXPECT_EQ(join({"--uplink", "eth7"}), 1);
    EXPECT_THAT(err, HasSubstr("--name"));
    EXPECT_EQ(join({"--uplink", "eth7", "--name", "storage1"}), 0) << err;
    EXPECT_THAT(content(config()), HasSubstr("uplinks = [\"eth7\"]"));
}

TEST_F(Join, reads_the_token_from_stdin) {
    serve_friendly();
    typed = token() + "\n";
    EXPECT_EQ(coax({"join", "-", "--config", config()}), 0) << err;
    EXPECT_EQ(coax({"join", "coax1-AAAA", "--config", folder_.path("other")}), 1);
    EXPECT_THAT(err, HasSubstr("join token"));
}

} // namespace
} // namespace coax::test
