// SPDX-License-Identifier: Apache-2.0
#include "lib/control/hello.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/trust/sshsig.h"
#include "unit/trust/keys.h"

namespace coax::test {
namespace {

using testing::HasSubstr;

class Proof : public testing::Test {
  protected:
    void expect_refused(const std::string &proof, ErrorCode code, const std::string &text) {
        const Status checked = check_proof(proof, facts_, "storage1", kHelloNamespace, key());
        ASSERT_FALSE(checked.ok()) << text;
        EXPECT_EQ(checked.error().code(), code) << checked.error().message();
        EXPECT_THAT(checked.error().message(), HasSubstr(text));
    }
    std::string proof() { return must(prove(facts_, "storage1", kHelloNamespace, key_)); }
    const SshPublicKey &key() const { return key_.public_key(); }

    SshPrivateKey key_ = make_key();
    ChallengeFacts facts_{"rack-4", std::string(kControlNonceBytes, 'n'), "certificate"};
};

TEST_F(Proof, holds_for_what_it_was_made) {
    const Status hello = check_proof(proof(), facts_, "storage1", kHelloNamespace, key());
    EXPECT_TRUE(hello.ok()) << hello.error().message();
    const std::string login = must(prove(facts_, "", kLogInNamespace, key_));
    const Status of_operator = check_proof(login, facts_, "", kLogInNamespace, key());
    EXPECT_TRUE(of_operator.ok()) << of_operator.error().message();
}

TEST_F(Proof, has_the_documented_payload) {
    const std::string digest = // printf certificate | sha256sum
        "\x03\xd6\x6d\xd0\x88\x35\xc1\xca\x3f\x12\x8c\xce\xac\xd1\xf3\x1a"
        "\xc9\x41\x63\x09\x6b\x20\xf4\x45\xae\x84\x28\x5b\xc0\x83\x2d\x72";
    const auto field = [](const std::string &text) {
        return std::string(3, '\0') + static_cast<char>(text.size()) + text;
    };
    const std::string payload = field("coax-hello") + std::string("\0\0\0\1", 4) + field("rack-4") +
                                field(std::string(32, 'n')) + field(digest) + field("storage1");
    const auto signer = verify_sshsig(proof(), payload, "hello@coax");
    ASSERT_TRUE(signer.ok()) << signer.error().message();
    EXPECT_EQ(signer->key, key());
}

TEST_F(Proof, is_bound_to_every_fact) {
    const std::string made = proof();
    const ChallengeFacts good = facts_;
    facts_.network_id = "rack-5";
    expect_refused(made, ErrorCode::kPermission, "proof");
    facts_ = good;
    facts_.nonce[31] = 'm';
    expect_refused(made, ErrorCode::kPermission, "proof");
    facts_ = good;
    facts_.tls_certificate = "certificate of a man in the middle";
    expect_refused(made, ErrorCode::kPermission, "proof");
    facts_ = good;
    EXPECT_FALSE(check_proof(made, facts_, "storage2", kHelloNamespace, key()).ok());
    EXPECT_FALSE(check_proof(made, facts_, "storage1", kLogInNamespace, key()).ok());
}

TEST_F(Proof, is_by_the_key_and_no_other) {
    SshPrivateKey other = make_key();
    expect_refused(must(prove(facts_, "storage1", kHelloNamespace, other)), ErrorCode::kPermission,
                   "expected a signature by " + key().fingerprint());
}

TEST_F(Proof, refuses_what_is_no_signature) {
    expect_refused("", ErrorCode::kInvalid, "proof");
    expect_refused(proof() + "x", ErrorCode::kInvalid, "proof");
    expect_refused(proof().substr(0, 100), ErrorCode::kInvalid, "proof");
    expect_refused(std::string(1025, 'x'), ErrorCode::kInvalid, "at most 1024 bytes");
}

TEST_F(Proof, needs_a_whole_nonce) {
    facts_.nonce = "short";
    const auto made = prove(facts_, "storage1", kHelloNamespace, key_);
    ASSERT_FALSE(made.ok());
    EXPECT_THAT(made.error().message(), HasSubstr("a nonce of 32 bytes, found 5"));
    EXPECT_FALSE(prove(facts_, "storage1", "binding@coax", key_).ok());
}

} // namespace
} // namespace coax::test
