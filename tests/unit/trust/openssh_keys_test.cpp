// SPDX-License-Identifier: Apache-2.0
// Keys that ssh-keygen made are read here, ours are read by ssh-keygen.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/trust/keys.h"
#include "unit/trust/program.h"

namespace coax::test {
namespace {

using testing::HasSubstr;

class OpensshKeys : public testing::Test {
  protected:
    /// A key of ssh-keygen; returns its path.
    std::string keygen(const std::vector<std::string> &options) const {
        std::vector<std::string> command = {"ssh-keygen", "-q", "-f", folder_.path("key")};
        command.insert(command.end(), options.begin(), options.end());
        const Outcome made = run_program(command);
        EXPECT_EQ(made.exit_code, 0) << made.output;
        return folder_.path("key");
    }
    TempFolder folder_;
};

TEST_F(OpensshKeys, of_ssh_keygen_are_read_and_sign) {
    for (const char *comment : {"x", "root@storage1", "1234567"}) {
        const std::string path = keygen({"-t", "ed25519", "-N", "", "-C", comment});
        auto key = SshPrivateKey::load(path);
        ASSERT_TRUE(key.ok()) << key.error().message();
        const auto public_key = SshPublicKey::parse(folder_.read("key.pub"));
        ASSERT_TRUE(public_key.ok()) << public_key.error().message();
        EXPECT_EQ(key->public_key(), *public_key);
        EXPECT_EQ(public_key->to_line(comment), folder_.read("key.pub"));
        EXPECT_TRUE(public_key->verifies("x", must(key->sign("x"))));
        const Outcome listed = run_program({"ssh-keygen", "-l", "-f", path});
        EXPECT_THAT(listed.output, HasSubstr(" " + public_key->fingerprint() + " "));
        std::filesystem::remove(path);
    }
}

TEST_F(OpensshKeys, of_ours_are_read_by_ssh_keygen) {
    for (const char *comment : {"", "ca of rack 4", "1234567"}) {
        const SshPrivateKey key = make_key();
        const std::string path = folder_.write("ours", view_of(key.to_openssh(comment)), 0600);
        const Outcome derived = run_program({"ssh-keygen", "-y", "-f", path});
        EXPECT_EQ(derived.exit_code, 0) << derived.output;
        EXPECT_EQ(derived.output, key.public_key().to_line(comment));
        const Outcome listed = run_program({"ssh-keygen", "-l", "-f", path});
        EXPECT_THAT(listed.output, HasSubstr(key.public_key().fingerprint()));
    }
}

TEST_F(OpensshKeys, with_a_passphrase_are_refused_with_what_to_do) {
    const auto key = SshPrivateKey::load(keygen({"-t", "ed25519", "-N", "passphrase"}));
    ASSERT_FALSE(key.ok());
    EXPECT_EQ(key.error().code(), ErrorCode::kUnsupported);
    EXPECT_THAT(key.error().message(), HasSubstr(folder_.path("key") + ": the private key is "
                                                                       "encrypted"));
    EXPECT_THAT(key.error().message(), HasSubstr("ssh-add"));
}

TEST_F(OpensshKeys, of_other_types_are_refused) {
    for (const char *type : {"rsa", "ecdsa"}) {
        const std::string path = keygen({"-t", type, "-N", ""});
        const auto key = SshPrivateKey::load(path);
        ASSERT_FALSE(key.ok());
        EXPECT_EQ(key.error().code(), ErrorCode::kUnsupported);
        EXPECT_THAT(key.error().message(), HasSubstr("ssh-keygen -t ed25519"));
        const auto public_key = SshPublicKey::parse(folder_.read("key.pub"));
        ASSERT_FALSE(public_key.ok());
        EXPECT_EQ(public_key.error().code(), ErrorCode::kUnsupported);
        std::filesystem::remove(path);
    }
    const auto pem = SshPrivateKey::load(keygen({"-t", "rsa", "-N", "", "-m", "PEM"}));
    ASSERT_FALSE(pem.ok());
    EXPECT_THAT(pem.error().message(), HasSubstr("-----BEGIN OPENSSH PRIVATE KEY-----"));
}

} // namespace
} // namespace coax::test
