// SPDX-License-Identifier: Apache-2.0
// Certificates that ssh-keygen signed verify here; ours are listed and accepted by ssh-keygen.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/trust/ssh_certificate.h"
#include "unit/trust/keys.h"
#include "unit/trust/program.h"

namespace coax::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class OpensshCertificates : public testing::Test {
  protected:
    OpensshCertificates() {
        (void)folder_.write("ca", view_of(ca_.to_openssh("ca")), 0600);
        (void)folder_.write("ca.pub", ca_.public_key().to_line("ca"));
        (void)folder_.write("key", view_of(key_.to_openssh("key")), 0600);
        (void)folder_.write("key.pub", key_.public_key().to_line("key"));
    }
    /// ssh-keygen -s on key.pub.
    Result<SshCertificate> sign_there(const std::vector<std::string> &options) const {
        std::vector<std::string> command = {"ssh-keygen", "-q", "-s", folder_.path("ca")};
        command.insert(command.end(), options.begin(), options.end());
        command.push_back(folder_.path("key.pub"));
        const Outcome done = run_program(command, "", {"TZ=UTC"});
        EXPECT_EQ(done.exit_code, 0) << done.output;
        return SshCertificate::parse(folder_.read("key-cert.pub"));
    }
    TempFolder folder_;
    SshPrivateKey ca_ = make_key();
    SshPrivateKey key_ = make_key();
};

TEST_F(OpensshCertificates, of_hosts_signed_there_verify_here) {
    const auto certificate =
        sign_there({"-h", "-I", "storage1 of rack 4", "-n", "storage1,storage1.example.com", "-z",
                    "18446744073709551615", "-V", "20270101000000:20280101000000"});
    ASSERT_TRUE(certificate.ok()) << certificate.error().message();
    EXPECT_EQ(certificate->facts.key, key_.public_key());
    EXPECT_EQ(certificate->ca, ca_.public_key());
    EXPECT_EQ(certificate->facts.type, CertificateType::kHost);
    EXPECT_EQ(certificate->facts.serial, ~std::uint64_t{0});
    EXPECT_EQ(certificate->facts.key_id, "storage1 of rack 4");
    EXPECT_THAT(certificate->facts.principals, ElementsAre("storage1", "storage1.example.com"));
    EXPECT_EQ(time_text(certificate->facts.valid_after), "2027-01-01T00:00:00Z");
    EXPECT_EQ(time_text(certificate->facts.valid_before), "2028-01-01T00:00:00Z");
    EXPECT_EQ(certificate->to_line("key"), folder_.read("key-cert.pub"));
}

TEST_F(OpensshCertificates, of_users_signed_there_verify_here) {
    const auto certificate = sign_there({"-I", "alice", "-n", "alice", "-O", "force-command=true"});
    ASSERT_TRUE(certificate.ok()) << certificate.error().message();
    EXPECT_EQ(certificate->facts.type, CertificateType::kUser);
    EXPECT_EQ(certificate->facts.valid_after, UnixTime());
    EXPECT_EQ(certificate->facts.valid_before, kForever);
    EXPECT_THAT(certificate->critical_options, ElementsAre("force-command"));
    EXPECT_THAT(certificate->extensions, testing::Contains("permit-pty"));
}

TEST_F(OpensshCertificates, of_other_keys_or_cas_are_refused) {
    std::filesystem::remove(folder_.path("key.pub"));
    std::filesystem::remove(folder_.path("key"));
    (void)run_program({"ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", folder_.path("key")});
    const auto ecdsa = sign_there({"-h", "-I", "x", "-n", "x"});
    ASSERT_FALSE(ecdsa.ok());
    EXPECT_EQ(ecdsa.error().code(), ErrorCode::kUnsupported);
    EXPECT_THAT(ecdsa.error().message(), HasSubstr("ecdsa-sha2-nistp256-cert-v01@openssh.com"));

    (void)folder_.write("key.pub", key_.public_key().to_line("key"));
    std::filesystem::remove(folder_.path("ca"));
    (void)run_program({"ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", folder_.path("ca")});
    const auto by_ecdsa = sign_there({"-h", "-I", "x", "-n", "x"});
    ASSERT_FALSE(by_ecdsa.ok());
    EXPECT_EQ(by_ecdsa.error().code(), ErrorCode::kUnsupported);
    EXPECT_THAT(by_ecdsa.error().message(), HasSubstr("key of the CA: type \"ecdsa-sha2-nistp256"));
}

TEST_F(OpensshCertificates, of_ours_are_listed_there) {
    CertificateFacts facts = host_facts(key_.public_key());
    facts.principals = {"storage1", "node-1@coax"};
    const auto made = must(make_certificate(facts, ca_));
    const std::string path = folder_.write("key-cert.pub", made.to_line("key"));
    const Outcome listed = run_program({"ssh-keygen", "-L", "-f", path}, "", {"TZ=UTC"});
    EXPECT_EQ(listed.exit_code, 0);
    EXPECT_THAT(listed.output,
                AllOf(HasSubstr("Type: ssh-ed25519-cert-v01@openssh.com host certificate"),
                      HasSubstr("Public key: ED25519-CERT " + key_.public_key().fingerprint()),
                      HasSubstr("Signing CA: ED25519 " + ca_.public_key().fingerprint()),
                      HasSubstr("Key ID: \"storage1 of rack 4\""), HasSubstr("Serial: 7"),
                      HasSubstr("Valid: from 2027-01-15T07:00:00 to 2027-01-16T08:00:00"),
                      HasSubstr("                storage1\n                node-1@coax\n"),
                      HasSubstr("Critical Options: (none)"), HasSubstr("Extensions: (none)")));
}

TEST_F(OpensshCertificates, of_ours_for_users_are_accepted_there) {
    CertificateFacts facts = host_facts(key_.public_key());
    facts.type = CertificateType::kUser;
    facts.principals = {"alice"};
    facts.valid_after = UnixTime();
    facts.valid_before = kForever;
    (void)folder_.write("key-cert.pub", must(make_certificate(facts, ca_)).to_line("key"));
    const auto allowed = folder_.write("allowed", "alice cert-authority,namespaces=\"x@coax\" " +
                                                      ca_.public_key().to_line(""));
    const Outcome made = run_program({"ssh-keygen", "-Y", "sign", "-n", "x@coax", "-f",
                                      folder_.path("key-cert.pub"), folder_.write("m", "text")});
    ASSERT_EQ(made.exit_code, 0) << made.output;
    const auto verify = [&](const std::string &who) {
        return run_program({"ssh-keygen", "-Y", "verify", "-f", allowed, "-I", who, "-n", "x@coax",
                            "-s", folder_.path("m.sig")},
                           "text");
    };
    const Outcome good = verify("alice");
    EXPECT_EQ(good.exit_code, 0) << good.output;
    EXPECT_THAT(good.output, HasSubstr("Good \"x@coax\" signature for alice with ED25519-CERT"));
    EXPECT_NE(verify("bob").exit_code, 0) << "the principal is part of what they verify";
}

} // namespace
} // namespace coax::test
