// SPDX-License-Identifier: Apache-2.0
// coax ca: what it writes is read by the library and by ssh-keygen.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "lib/trust/revocation_memory.h"
#include "lib/trust/ssh_certificate.h"
#include "unit/cli/fixture.h"
#include "unit/trust/keys.h"
#include "unit/trust/program.h"

namespace coax::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using Json = nlohmann::json;

class CaVerbs : public CliTest {
  protected:
    CaVerbs() { clock.set_system(kNow); }

    std::string path(const std::string &name) const { return folder_.path(name); }
    /// Runs `coax ca ARGUMENTS`.
    int ca(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "ca");
        return coax(arguments);
    }
    void make_ca(const std::string &name = "ca") {
        ASSERT_EQ(ca({"init", "--ca", path(name)}), 0) << err;
    }
    /// Signs node.pub, which is made here, and reads the certificate.
    SshCertificate sign(std::vector<std::string> options) {
        (void)folder_.write("node.pub", node_.public_key().to_line("node"));
        options.insert(options.begin(), {"sign", path("node.pub"), "--ca", path("ca")});
        EXPECT_EQ(ca(options), 0) << err;
        return must(SshCertificate::parse(folder_.read("node-cert.pub")));
    }
    SignedRevocationList list() const {
        return must(open_revocation_list(must(read_revocation_file(path("list")))));
    }
    int revoke(std::vector<std::string> options) {
        options.insert(options.begin(), {"revoke", "--ca", path("ca"), "--list", path("list")});
        return ca(options);
    }

    TempFolder folder_;
    SshPrivateKey node_ = make_key();
};

TEST_F(CaVerbs, init_makes_a_key_pair_that_is_private) {
    ASSERT_EQ(ca({"init", "--ca", path("ca"), "--comment", "ca of rack 4"}), 0);
    const auto key = must(SshPrivateKey::load(path("ca")));
    EXPECT_EQ(folder_.mode_of("ca"), 0600U);
    EXPECT_EQ(folder_.mode_of("ca.pub"), 0644U);
    EXPECT_EQ(folder_.read("ca.pub"), key.public_key().to_line("ca of rack 4"));
    EXPECT_THAT(out, AllOf(HasSubstr(key.public_key().fingerprint()),
                           HasSubstr(key.public_key().to_line("ca of rack 4"))));
    EXPECT_EQ(err, "");
    const Outcome derived = run_program({"ssh-keygen", "-y", "-f", path("ca")});
    EXPECT_EQ(derived.output, folder_.read("ca.pub"));
}

TEST_F(CaVerbs, init_overwrites_nothing) {
    make_ca();
    const std::string before = folder_.read("ca");
    EXPECT_EQ(ca({"init", "--ca", path("ca")}), 1);
    EXPECT_THAT(err, HasSubstr(path("ca") + " exists"));
    EXPECT_EQ(folder_.read("ca"), before);
    std::filesystem::remove(path("ca"));
    EXPECT_EQ(ca({"init", "--ca", path("ca")}), 1);
    EXPECT_THAT(err, HasSubstr(path("ca.pub") + " exists"));
    EXPECT_FALSE(std::filesystem::exists(path("ca")));
    std::filesystem::create_symlink(path("nowhere"), path("link"));
    EXPECT_EQ(ca({"init", "--ca", path("link")}), 1);
}

TEST_F(CaVerbs, init_is_json_without_the_secret) {
    ASSERT_EQ(ca({"init", "--ca", path("ca"), "--json"}), 0);
    const Json document = Json::parse(out);
    EXPECT_EQ(document["private_key"], path("ca"));
    EXPECT_EQ(document["public_key"], path("ca.pub"));
    EXPECT_EQ(document["fingerprint"],
              must(SshPublicKey::parse(folder_.read("ca.pub"))).fingerprint());
}

TEST_F(CaVerbs, sign_makes_a_host_certificate_for_a_year) {
    make_ca();
    const SshCertificate certificate = sign({"--name", "storage1"});
    EXPECT_EQ(certificate.facts.key, node_.public_key());
    EXPECT_EQ(certificate.ca, must(SshPublicKey::parse(folder_.read("ca.pub"))));
    EXPECT_EQ(certificate.facts.type, CertificateType::kHost);
    EXPECT_THAT(certificate.facts.principals, ElementsAre("storage1"));
    EXPECT_EQ(certificate.facts.key_id, "storage1");
    EXPECT_EQ(certificate.facts.valid_after, kNow - std::chrono::minutes(5));
    EXPECT_EQ(certificate.facts.valid_before, kNow + std::chrono::days(365));
    EXPECT_NE(certificate.facts.serial, 0U);
    EXPECT_EQ(folder_.mode_of("node-cert.pub"), 0644U);
    EXPECT_THAT(out, AllOf(HasSubstr("storage1"), HasSubstr("expires in 365d"),
                           HasSubstr("Written to " + path("node-cert.pub"))));
    EXPECT_NE(sign({"--name", "storage1"}).facts.serial, certificate.facts.serial)
        << "again, and with a serial of its own";
    const Outcome listed = run_program({"ssh-keygen", "-L", "-f", path("node-cert.pub")});
    EXPECT_THAT(listed.output, HasSubstr("host certificate"));
}

TEST_F(CaVerbs, sign_takes_all_from_its_options) {
    make_ca();
    const SshCertificate certificate =
        sign({"-n", "storage1", "-n", "storage1.example.com", "--id", "17", "--valid", "2w",
              "--serial", "42", "--key-id", "rack 4", "--json"});
    EXPECT_THAT(certificate.facts.principals,
                ElementsAre("storage1", "storage1.example.com", "node-17@coax"));
    EXPECT_EQ(certificate.facts.valid_before, kNow + std::chrono::weeks(2));
    EXPECT_EQ(certificate.facts.serial, 42U);
    EXPECT_EQ(certificate.facts.key_id, "rack 4");
    const Json document = Json::parse(out);
    EXPECT_EQ(document["path"], path("node-cert.pub"));
    EXPECT_EQ(document["certificate"]["serial"], 42);
    EXPECT_EQ(document["certificate"]["seconds_left"], 14 * 86400);
    ASSERT_EQ(ca({"sign", path("node-cert.pub"), "--ca", path("ca"), "-n", "storage1", "--valid",
                  "90m", "-o", path("elsewhere")}),
              0)
        << "an old certificate names the key too";
    const auto renewed = must(SshCertificate::parse(folder_.read("elsewhere")));
    EXPECT_EQ(renewed.facts.key, node_.public_key());
    EXPECT_EQ(renewed.facts.valid_before, kNow + std::chrono::minutes(90));
}

TEST_F(CaVerbs, sign_refuses_wrong_arguments_with_2) {
    const std::vector<std::vector<std::string>> rows = {
        {},
        {"sign"},
        {"sign", "node.pub"},
        {"sign", "-n", "storage1"},
        {"sign", "node.pub", "-n", "Storage1"},
        {"sign", "node.pub", "-n", "node-1@coax"},
        {"sign", "node.pub", "-n", "storage1", "--id", "0"},
        {"sign", "node.pub", "-n", "storage1", "--id", "16777216"},
        {"sign", "node.pub", "-n", "storage1", "--serial", "0"},
        {"sign", "node.pub", "-n", "storage1", "--valid", "0d"},
        {"sign", "node.pub", "-n", "storage1", "--valid", "90"},
        {"sign", "node.pub", "-n", "storage1", "--valid", "90y"},
        {"sign", "node.pub", "-n", "storage1", "--valid", "d"},
        {"sign", "node.pub", "-n", "storage1", "--valid", "36501d"},
        {"sign", "node.pub", "-n", "storage1", "--valid", "90dd"},
        {"revoke", "--serial", "0"},
        {"init", "--comment", std::string(201, 'x')},
        {"show"},
    };
    for (const auto &arguments : rows) {
        EXPECT_EQ(ca(arguments), 2) << ::testing::PrintToString(arguments);
        EXPECT_EQ(out, "");
        EXPECT_THAT(err, Not(IsEmpty()));
    }
}

TEST_F(CaVerbs, fail_with_1_and_name_the_file) {
    make_ca();
    const std::string no_key = folder_.write("no-key", "hello");
    EXPECT_EQ(ca({"sign", path("missing"), "--ca", path("ca"), "-n", "a"}), 1) << "not 3";
    EXPECT_THAT(err, HasSubstr(path("missing")));
    EXPECT_EQ(ca({"sign", no_key, "--ca", path("ca"), "-n", "a"}), 1);
    EXPECT_THAT(err, StartsWith("coax: " + no_key + ": expected"));
    EXPECT_EQ(ca({"sign", path("ca.pub"), "--ca", path("missing"), "-n", "a"}), 1);
    EXPECT_THAT(err, HasSubstr(path("missing")));
    ASSERT_EQ(::chmod(path("ca").c_str(), 0640), 0);
    EXPECT_EQ(ca({"sign", path("ca.pub"), "--ca", path("ca"), "-n", "a"}), 1);
    EXPECT_THAT(err, HasSubstr("chmod 0600"));
    ASSERT_EQ(::chmod(path("ca").c_str(), 0600), 0);
    EXPECT_EQ(ca({"sign", path("ca.pub"), "--ca", path("ca"), "-n", "a", "-o", path("a/b")}), 1);
    EXPECT_THAT(err, HasSubstr(path("a/b")));
}

TEST_F(CaVerbs, sign_with_a_key_that_only_the_ssh_agent_has) {
    const SshAgentProcess ssh_agent;
    make_ca();
    ASSERT_EQ(ssh_agent.add({path("ca")}).exit_code, 0);
    std::filesystem::remove(path("ca"));
    environment["SSH_AUTH_SOCK"] = ssh_agent.socket();
    const SshCertificate certificate = sign({"--name", "storage1", "--agent"});
    EXPECT_EQ(certificate.ca, must(SshPublicKey::parse(folder_.read("ca.pub"))));
    EXPECT_EQ(
        ca({"revoke", path("node.pub"), "--agent", "--ca", path("ca.pub"), "--list", path("list")}),
        0)
        << err;
    EXPECT_EQ(list().ca, certificate.ca);
    environment.erase("SSH_AUTH_SOCK");
    EXPECT_EQ(revoke({"--agent"}), 1);
    EXPECT_THAT(err, HasSubstr("SSH_AUTH_SOCK"));
}

TEST_F(CaVerbs, revoke_adds_and_raises_the_version) {
    make_ca();
    const SshCertificate certificate = sign({"--name", "storage1", "--serial", "42"});
    ASSERT_EQ(revoke({path("node-cert.pub")}), 0) << err;
    EXPECT_THAT(out, AllOf(HasSubstr("version 1"), HasSubstr(node_.public_key().fingerprint()),
                           HasSubstr("Written to " + path("list"))));
    EXPECT_EQ(list().list.version, 1U);
    EXPECT_EQ(list().list.issued, kNow);
    EXPECT_TRUE(list().list.revokes(certificate));
    (void)folder_.write("other.pub", make_key().public_key().to_line("other"));
    ASSERT_EQ(revoke({path("other.pub"), "--serial", "41", "--serial", "42", "--json"}), 0) << err;
    EXPECT_EQ(list().list.version, 2U);
    EXPECT_EQ(list().list.keys.size(), 2U);
    const std::set<RevokedSerial> serials = {{certificate.ca, 41}, {certificate.ca, 42}};
    EXPECT_EQ(list().list.serials, serials);
    const Json document = Json::parse(out)["revocation_list"];
    EXPECT_EQ(document["version"], 2);
    EXPECT_EQ(document["keys"].size(), 2U);
    EXPECT_EQ(document["serials"][1]["serial"], 42);
    ASSERT_EQ(revoke({}), 0) << "signs again";
    EXPECT_EQ(list().list.version, 3U);
    EXPECT_EQ(list().list.keys.size(), 2U);
    EXPECT_EQ(folder_.mode_of("list"), 0644U);
}

TEST_F(CaVerbs, revoke_adds_to_no_list_of_others_unless_told) {
    make_ca();
    ASSERT_EQ(revoke({"--serial", "7"}), 0);
    make_ca("new-ca");
    const auto with_new = [this](std::vector<std::string> options) {
        options.insert(options.begin(), {"revoke", "--ca", path("new-ca"), "--list", path("list")});
        return ca(options);
    };
    EXPECT_EQ(with_new({}), 1);
    EXPECT_THAT(err, AllOf(HasSubstr("is signed by"), HasSubstr("--anchors")));
    EXPECT_EQ(list().list.version, 1U);
    ASSERT_EQ(with_new({"--anchors", path("ca.pub")}), 0) << err;
    EXPECT_EQ(list().list.version, 2U);
    EXPECT_EQ(list().list.serials.size(), 1U);
    EXPECT_EQ(list().ca, must(SshPublicKey::parse(folder_.read("new-ca.pub"))));
}

TEST_F(CaVerbs, revoke_does_not_take_the_ca_itself_or_a_damaged_list) {
    make_ca();
    EXPECT_EQ(revoke({path("ca.pub")}), 1);
    EXPECT_THAT(err, HasSubstr("is the CA itself"));
    EXPECT_FALSE(std::filesystem::exists(path("list")));
    (void)folder_.write("list", "hello");
    EXPECT_EQ(revoke({}), 1);
    EXPECT_THAT(err, StartsWith("coax: " + path("list") + ": "));
    EXPECT_EQ(folder_.read("list"), "hello");
}

TEST_F(CaVerbs, show_says_what_a_certificate_says) {
    make_ca();
    (void)sign({"--name", "storage1", "--serial", "42", "--valid", "40d"});
    ASSERT_EQ(ca({"show", path("node-cert.pub")}), 0) << err;
    EXPECT_THAT(out, AllOf(HasSubstr("certificate host  storage1  serial 42"),
                           HasSubstr("until 2027-02-24T08:00:00Z"), HasSubstr("expires in 40d00h"),
                           HasSubstr(node_.public_key().fingerprint())));
    out_is_terminal = true;
    const auto shown_at = [this](UnixTime now) {
        clock.set_system(now);
        EXPECT_EQ(ca({"show", path("node-cert.pub")}), 0);
        return out;
    };
    EXPECT_THAT(shown_at(kNow), HasSubstr("\x1b[32mexpires in"));
    EXPECT_THAT(shown_at(kNow + std::chrono::days(10)), HasSubstr("\x1b[33mexpires in 30d00h"));
    EXPECT_THAT(shown_at(kNow + std::chrono::days(41)), HasSubstr("\x1b[31mexpired 1d00h ago"));
    EXPECT_THAT(shown_at(kNow - std::chrono::hours(1)), HasSubstr("not valid yet, in 55m00s"));
}

TEST_F(CaVerbs, show_warns_of_certificates_without_end_or_principals) {
    make_ca();
    SshPrivateKey key = must(SshPrivateKey::load(path("ca")));
    CertificateFacts facts = host_facts(node_.public_key());
    facts.valid_before = kForever;
    (void)folder_.write("c", must(make_certificate(facts, key)).to_line(""));
    ASSERT_EQ(ca({"show", path("c")}), 0);
    EXPECT_THAT(out, HasSubstr("never expires"));
    ASSERT_EQ(ca({"show", path("c"), "--json"}), 0);
    EXPECT_EQ(Json::parse(out)["seconds_left"], nullptr);
    (void)folder_.write("node.pub", node_.public_key().to_line("node"));
    const Outcome made = run_program({"ssh-keygen", "-q", "-s", path("ca"), "-I", "x", "-O",
                                      "force-command=y", path("node.pub")});
    ASSERT_EQ(made.exit_code, 0) << made.output;
    ASSERT_EQ(ca({"show", path("node-cert.pub")}), 0);
    EXPECT_THAT(out, AllOf(HasSubstr("nobody: it has no principals"), HasSubstr("force-command"),
                           HasSubstr("permit-pty")));
}

TEST_F(CaVerbs, show_lists_anchors_and_revocations) {
    make_ca();
    const auto key = must(SshPublicKey::parse(folder_.read("ca.pub")));
    (void)folder_.write("anchors", "# ours\n" + key.to_line("first\x1b[31m") + key.to_line("b"));
    ASSERT_EQ(ca({"show", path("anchors")}), 0);
    EXPECT_THAT(out, AllOf(HasSubstr(key.fingerprint()), HasSubstr("first?[31m")));
    ASSERT_EQ(ca({"show", path("anchors"), "--json"}), 0);
    EXPECT_EQ(Json::parse(out)["keys"][1]["comment"], "b");
    ASSERT_EQ(revoke({"--serial", "7"}), 0);
    ASSERT_EQ(ca({"show", path("list")}), 0);
    EXPECT_THAT(out, AllOf(HasSubstr("version 1  of 2027-01-15T08:00:00Z  0 keys  1 serial"),
                           HasSubstr("serial      7  of " + key.fingerprint())));
}

TEST_F(CaVerbs, show_never_shows_a_private_key) {
    make_ca();
    EXPECT_EQ(ca({"show", path("ca")}), 1);
    EXPECT_EQ(out, "");
    EXPECT_EQ(err, "coax: " + path("ca") + " is a private key, which is not shown: show " +
                       path("ca") + ".pub\n");
    (void)folder_.write("ca", "hello");
    EXPECT_EQ(ca({"show", path("ca")}), 1);
    EXPECT_THAT(err, StartsWith("coax: " + path("ca") + ":1: "));
    EXPECT_EQ(ca({"show", path("missing")}), 1);
}

TEST_F(CaVerbs, explain_themselves_within_80_columns) {
    for (const char *verb : {"", "init", "sign", "revoke", "show"}) {
        std::vector<std::string> arguments = {verb, "--help"};
        std::erase(arguments, "");
        EXPECT_EQ(ca(arguments), 0);
        EXPECT_THAT(out, AllOf(HasSubstr("Exit codes:"), HasSubstr("--json")));
        std::istringstream lines(out);
        for (std::string line; std::getline(lines, line);)
            EXPECT_LE(line.size(), 80U) << line;
    }
}

} // namespace
} // namespace coax::test
