// SPDX-License-Identifier: Apache-2.0
// Signatures of messages, ours and those of ssh-keygen -Y.
#include "lib/trust/sshsig.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/trust/armor.h"
#include "unit/trust/keys.h"
#include "unit/trust/program.h"
#include "unit/trust/raw_certificate.h"

namespace coax::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr std::string_view kSpace = "test@coax";

class Sshsig : public testing::Test {
  protected:
    std::string sign(std::string_view message) {
        return must(sign_sshsig(message, kSpace, key_.public_key().blob(), key_));
    }
    void expect_refused(const std::string &signature, ErrorCode code, const std::string &text) {
        const auto verified = verify_sshsig(signature, "message", kSpace);
        ASSERT_FALSE(verified.ok()) << text;
        EXPECT_EQ(verified.error().code(), code) << verified.error().message();
        EXPECT_THAT(verified.error().message(), HasSubstr(text));
    }
    SshPrivateKey key_ = make_key();
};

TEST_F(Sshsig, verifies_what_it_signed) {
    for (const std::string &message : {std::string(), std::string(100000, 'x')}) {
        const auto signer = verify_sshsig(sign(message), message, kSpace);
        ASSERT_TRUE(signer.ok()) << signer.error().message();
        EXPECT_EQ(signer->key, key_.public_key());
        EXPECT_FALSE(signer->certificate.has_value());
    }
}

TEST_F(Sshsig, is_for_one_message_and_one_purpose) {
    const std::string signature = sign("message");
    const auto other_message = verify_sshsig(signature, "messagf", kSpace);
    ASSERT_FALSE(other_message.ok());
    EXPECT_EQ(other_message.error().code(), ErrorCode::kPermission);
    const auto other_space = verify_sshsig(signature, "message", "other@coax");
    ASSERT_FALSE(other_space.ok());
    EXPECT_THAT(other_space.error().message(),
                HasSubstr("signed for namespace \"test@coax\", expected \"other@coax\""));
}

TEST_F(Sshsig, does_not_believe_the_namespace_beside_the_signature) {
    std::string signature = sign("message");
    const std::size_t at = signature.find(kSpace);
    signature.replace(at, 5, "othe@");
    EXPECT_FALSE(verify_sshsig(signature, "message", "othe@coax").ok());
}

TEST_F(Sshsig, notices_every_changed_bit_and_every_cut) {
    const std::string good = sign("message");
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        std::string changed = good;
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
        EXPECT_FALSE(verify_sshsig(changed, "message", kSpace).ok()) << bit;
    }
    for (std::size_t length = 0; length < good.size(); ++length)
        EXPECT_FALSE(verify_sshsig(good.substr(0, length), "message", kSpace).ok()) << length;
    EXPECT_FALSE(verify_sshsig(good + "x", "message", kSpace).ok());
}

TEST_F(Sshsig, names_what_it_does_not_know) {
    const std::string good = sign("message");
    std::string later = good;
    later[9] = 2;
    expect_refused(later, ErrorCode::kVersion, "signature format 2, expected 1");
    std::string hash = good;
    hash.replace(hash.find("sha512"), 6, "md5555");
    expect_refused(hash, ErrorCode::kUnsupported, "hash algorithm \"md5555\"");
    const std::string rsa = pack({"ssh-rsa", "e", "n"});
    const auto by_rsa = must(sign_sshsig("message", kSpace, rsa, key_));
    expect_refused(by_rsa, ErrorCode::kUnsupported, "type \"ssh-rsa\" is not supported");
    expect_refused("hello", ErrorCode::kInvalid, "not an SSH signature");
}

TEST_F(Sshsig, carries_a_certificate_of_its_key) {
    SshPrivateKey ca = make_key();
    const auto certificate = must(make_certificate(host_facts(key_.public_key()), ca));
    const auto signature = must(sign_sshsig("message", kSpace, certificate.blob, key_));
    const auto signer = verify_sshsig(signature, "message", kSpace);
    ASSERT_TRUE(signer.ok()) << signer.error().message();
    EXPECT_EQ(signer->key, key_.public_key());
    ASSERT_TRUE(signer->certificate.has_value());
    EXPECT_EQ(signer->certificate->ca, ca.public_key());

    SshPrivateKey thief = make_key();
    const auto stolen = must(sign_sshsig("message", kSpace, certificate.blob, thief));
    EXPECT_FALSE(verify_sshsig(stolen, "message", kSpace).ok());
}

class OpensshSignatures : public Sshsig {
  protected:
    OpensshSignatures() {
        (void)folder_.write("key", view_of(key_.to_openssh("key")), 0600);
        (void)folder_.write("key.pub", key_.public_key().to_line("key"));
        (void)folder_.write("ca", view_of(ca_.to_openssh("ca")), 0600);
    }
    /// ssh-keygen -Y sign; its signature as bytes.
    std::string sign_there(const std::string &key, const std::string &message,
                           const std::string &hash = "sha512") const {
        std::filesystem::remove(folder_.path("m.sig"));
        const Outcome made =
            run_program({"ssh-keygen", "-Y", "sign", "-n", std::string(kSpace), "-O",
                         "hashalg=" + hash, "-f", folder_.path(key), folder_.write("m", message)});
        EXPECT_EQ(made.exit_code, 0) << made.output;
        return must(dearmor<std::string>(folder_.read("m.sig"), kSshsigLabel));
    }
    void certify(const std::vector<std::string> &options) const {
        std::vector<std::string> command = {"ssh-keygen", "-q", "-s", folder_.path("ca"),
                                            "-I",         "x",  "-n", "alice"};
        command.insert(command.end(), options.begin(), options.end());
        command.push_back(folder_.path("key.pub"));
        EXPECT_EQ(run_program(command).exit_code, 0);
    }
    Outcome verify_there(const std::string &signature, const std::string &message,
                         const std::string &signer_line) const {
        const std::string allowed = folder_.write("allowed", signer_line);
        return run_program({"ssh-keygen", "-Y", "verify", "-f", allowed, "-I", "alice", "-n",
                            std::string(kSpace), "-s",
                            folder_.write("our.sig", armor<std::string>(signature, kSshsigLabel))},
                           message);
    }
    TempFolder folder_;
    SshPrivateKey ca_ = make_key();
};

TEST_F(OpensshSignatures, made_there_verify_here) {
    for (const char *hash : {"sha512", "sha256"}) {
        const std::string signature = sign_there("key", "message", hash);
        const auto signer = verify_sshsig(signature, "message", kSpace);
        ASSERT_TRUE(signer.ok()) << signer.error().message();
        EXPECT_EQ(signer->key, key_.public_key());
        EXPECT_FALSE(verify_sshsig(signature, "messagf", kSpace).ok());
    }
}

TEST_F(OpensshSignatures, made_here_are_byte_for_byte_theirs) {
    const std::string ours = sign("message");
    EXPECT_EQ(ours, sign_there("key", "message"));
    EXPECT_EQ(armor<std::string>(ours, kSshsigLabel), folder_.read("m.sig"));
}

TEST_F(OpensshSignatures, made_here_verify_there) {
    const std::string line = "alice " + key_.public_key().to_line("");
    const Outcome good = verify_there(sign("message"), "message", line);
    EXPECT_EQ(good.exit_code, 0) << good.output;
    EXPECT_THAT(good.output, HasSubstr("Good \"test@coax\" signature for alice"));
    EXPECT_NE(verify_there(sign("message"), "messagf", line).exit_code, 0);
}

TEST_F(OpensshSignatures, with_a_user_certificate_verify_on_both_sides) {
    certify({});
    const auto there = verify_sshsig(sign_there("key-cert.pub", "message"), "message", kSpace);
    ASSERT_TRUE(there.ok()) << there.error().message();
    ASSERT_TRUE(there->certificate.has_value());
    EXPECT_EQ(there->certificate->ca, ca_.public_key());

    const auto ours = must(sign_sshsig("message", kSpace, there->certificate->blob, key_));
    const std::string line = "alice cert-authority " + ca_.public_key().to_line("");
    const Outcome good = verify_there(ours, "message", line);
    EXPECT_EQ(good.exit_code, 0) << good.output;
}

/// Which is why records are signed with the plain key, and host certificates are checked by us.
TEST_F(OpensshSignatures, with_a_host_certificate_verify_here_only) {
    certify({"-h"});
    const std::string signature = sign_there("key-cert.pub", "message");
    EXPECT_TRUE(verify_sshsig(signature, "message", kSpace).ok());
    const std::string line = "alice cert-authority " + ca_.public_key().to_line("");
    const Outcome refused = verify_there(signature, "message", line);
    EXPECT_NE(refused.exit_code, 0);
    EXPECT_THAT(refused.output, HasSubstr("not a user certificate"));
}

} // namespace
} // namespace coax::test
