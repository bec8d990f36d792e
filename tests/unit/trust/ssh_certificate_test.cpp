// SPDX-License-Identifier: Apache-2.0
// Certificates without OpenSSH; with it: openssh_certificates_test.cpp.
#include "lib/trust/ssh_certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/trust/armor.h"
#include "lib/trust/wire.h"
#include "unit/trust/keys.h"
#include "unit/trust/raw_certificate.h"

namespace coax::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using std::string_literals::operator""s;

class SshCertificates : public testing::Test {
  protected:
    void expect_refused(const RawCertificate &raw, ErrorCode code, const std::string &text) {
        const auto certificate = SshCertificate::from_blob(raw.sign(ca_));
        ASSERT_FALSE(certificate.ok()) << text;
        EXPECT_EQ(certificate.error().code(), code) << certificate.error().message();
        EXPECT_THAT(certificate.error().message(), HasSubstr(text));
    }
    SshPrivateKey ca_ = make_key();
    SshPrivateKey key_ = make_key();
    RawCertificate raw_{key_.public_key(), ca_.public_key()};
};

TEST_F(SshCertificates, survive_their_texts) {
    CertificateFacts facts = host_facts(key_.public_key());
    facts.principals = {"storage1", "storage1.example.com", "node-1@coax"};
    const auto made = must(make_certificate(facts, ca_));
    const auto parsed = SshCertificate::parse(made.to_line("a comment"));
    ASSERT_TRUE(parsed.ok()) << parsed.error().message();
    EXPECT_EQ(parsed->facts.key, key_.public_key());
    EXPECT_EQ(parsed->facts.serial, 7U);
    EXPECT_EQ(parsed->facts.type, CertificateType::kHost);
    EXPECT_EQ(parsed->facts.key_id, "storage1 of rack 4");
    EXPECT_EQ(parsed->facts.principals, facts.principals);
    EXPECT_EQ(parsed->facts.valid_after, facts.valid_after);
    EXPECT_EQ(parsed->facts.valid_before, facts.valid_before);
    EXPECT_EQ(parsed->ca, ca_.public_key());
    EXPECT_EQ(parsed->blob, made.blob);
    EXPECT_THAT(parsed->critical_options, IsEmpty());
    EXPECT_THAT(parsed->extensions, IsEmpty());
}

TEST_F(SshCertificates, are_of_two_types_with_names) {
    CertificateFacts facts = host_facts(key_.public_key());
    facts.type = CertificateType::kUser;
    facts.valid_before = kForever;
    const auto made = must(make_certificate(facts, ca_));
    EXPECT_EQ(made.facts.type, CertificateType::kUser);
    EXPECT_EQ(made.facts.valid_before, kForever);
    EXPECT_EQ(certificate_type_name(CertificateType::kUser), "user");
    EXPECT_EQ(certificate_type_name(CertificateType::kHost), "host");
}

TEST_F(SshCertificates, are_not_made_of_what_nobody_would_take) {
    CertificateFacts facts = host_facts(key_.public_key());
    facts.principals = {};
    EXPECT_FALSE(make_certificate(facts, ca_).ok());
    facts = host_facts(key_.public_key());
    facts.valid_before = facts.valid_after;
    EXPECT_FALSE(make_certificate(facts, ca_).ok());
    facts = host_facts(key_.public_key());
    facts.key_id = std::string(kCertificateBytesMax, 'x');
    EXPECT_FALSE(make_certificate(facts, ca_).ok());
}

TEST_F(SshCertificates, notice_every_changed_bit_and_every_cut) {
    const auto made = must(make_certificate(host_facts(key_.public_key()), ca_));
    for (std::size_t bit = 0; bit < made.blob.size() * 8; ++bit) {
        std::string changed = made.blob;
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
        EXPECT_FALSE(SshCertificate::from_blob(changed).ok()) << bit;
    }
    for (std::size_t length = 0; length < made.blob.size(); ++length)
        EXPECT_FALSE(SshCertificate::from_blob(made.blob.substr(0, length)).ok()) << length;
    EXPECT_FALSE(SshCertificate::from_blob(made.blob + "x").ok());
}

TEST_F(SshCertificates, tell_a_wrong_signature_from_damage) {
    SshPrivateKey other = make_key();
    const auto forged = SshCertificate::from_blob(raw_.sign(other));
    ASSERT_FALSE(forged.ok());
    EXPECT_EQ(forged.error().code(), ErrorCode::kPermission);
    EXPECT_THAT(forged.error().message(), HasSubstr(ca_.public_key().fingerprint()));
}

TEST_F(SshCertificates, with_options_give_their_names) {
    raw_.critical = pack({"force-command", "x", "source-address", "y"});
    raw_.extensions = pack({"permit-pty", "", "groups@example.com", "z"});
    const auto certificate = must(SshCertificate::from_blob(raw_.sign(ca_)));
    EXPECT_THAT(certificate.critical_options, ElementsAre("force-command", "source-address"));
    EXPECT_THAT(certificate.extensions, ElementsAre("permit-pty", "groups@example.com"));
}

TEST_F(SshCertificates, may_be_without_principals_until_they_are_asked_for) {
    raw_.principals = "";
    EXPECT_THAT(must(SshCertificate::from_blob(raw_.sign(ca_))).facts.principals, IsEmpty());
}

TEST_F(SshCertificates, of_a_type_nobody_knows_are_refused) {
    for (const std::uint32_t type : {0U, 3U, 0xffffffffU}) {
        raw_.type = type;
        expect_refused(raw_, ErrorCode::kInvalid, "expected certificate type 1 (user) or 2 (host)");
    }
}

TEST_F(SshCertificates, with_odd_lists_are_refused) {
    RawCertificate odd = raw_;
    odd.principals = pack({"a\0b"s});
    expect_refused(odd, ErrorCode::kInvalid, "zero byte");
    odd.principals = pack({"a", ""});
    expect_refused(odd, ErrorCode::kInvalid, "empty");
    odd.principals = "abc";
    expect_refused(odd, ErrorCode::kInvalid, "principals of the certificate");
    odd.principals = pack(std::vector<std::string>(257, "a"));
    expect_refused(odd, ErrorCode::kInvalid, "at most 256 principals, found 257");
    odd = raw_;
    odd.critical = pack({"name without data"});
    expect_refused(odd, ErrorCode::kInvalid, "critical options");
    odd = raw_;
    odd.extensions = "abc";
    expect_refused(odd, ErrorCode::kInvalid, "extensions");
}

TEST_F(SshCertificates, may_have_as_many_principals_as_openssh_allows) {
    raw_.principals = pack(std::vector<std::string>(256, "a"));
    EXPECT_TRUE(SshCertificate::from_blob(raw_.sign(ca_)).ok());
}

TEST_F(SshCertificates, signed_by_a_certificate_are_refused) {
    raw_.ca = must(make_certificate(host_facts(ca_.public_key()), ca_)).blob;
    expect_refused(raw_, ErrorCode::kUnsupported, "key of the CA: found a certificate");
}

TEST_F(SshCertificates, signed_by_another_type_of_key_are_refused) {
    raw_.ca = pack({"ssh-rsa", "e", "n"});
    expect_refused(raw_, ErrorCode::kUnsupported, "key of the CA: type \"ssh-rsa\"");
    RawCertificate odd{key_.public_key(), ca_.public_key()};
    odd.signature = pack({"rsa-sha2-512", "x"});
    expect_refused(odd, ErrorCode::kUnsupported, "signature of the CA");
}

TEST_F(SshCertificates, of_other_keys_are_refused) {
    raw_.format = "ssh-rsa-cert-v01@openssh.com";
    expect_refused(raw_, ErrorCode::kUnsupported, "ssh-rsa-cert-v01@openssh.com");
    const auto plain = SshCertificate::parse(key_.public_key().to_line(""));
    ASSERT_FALSE(plain.ok());
    EXPECT_EQ(plain.error().code(), ErrorCode::kUnsupported);
    EXPECT_THAT(plain.error().message(), HasSubstr("found a plain key"));
}

TEST_F(SshCertificates, too_large_are_not_read) {
    raw_.extensions = pack({"x", std::string(kCertificateBytesMax, 'x')});
    expect_refused(raw_, ErrorCode::kInvalid, "expected at most 8192");
}

TEST(UnixTime, is_forever_past_the_year_9999) {
    EXPECT_EQ(time_from_wire(~std::uint64_t{0}), kForever);
    EXPECT_EQ(time_from_wire(253402300800), kForever);
    EXPECT_LT(time_from_wire(253402300799), kForever);
    EXPECT_EQ(time_to_wire(kForever), ~std::uint64_t{0});
    EXPECT_EQ(time_to_wire(UnixTime(std::chrono::seconds(-5))), 0U);
    EXPECT_EQ(time_to_wire(kNow), 1800000000U);
    EXPECT_EQ(time_text(kForever), "forever");
    EXPECT_EQ(time_text(kNow), "2027-01-15T08:00:00Z");
    EXPECT_EQ(time_text(time_from_wire(253402300799)), "9999-12-31T23:59:59Z");
}

} // namespace
} // namespace coax::test
