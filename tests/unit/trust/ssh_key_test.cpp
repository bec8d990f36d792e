// SPDX-License-Identifier: Apache-2.0
// Public and private keys without OpenSSH; with it: openssh_keys_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/trust/armor.h"
#include "lib/trust/ssh_line.h"
#include "lib/trust/ssh_private_key.h"
#include "lib/trust/wire.h"
#include "unit/trust/keys.h"
#include "unit/trust/temp_folder.h"

namespace coax::test {
namespace {

using std::string_literals::operator""s;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kLabel = "OPENSSH PRIVATE KEY";

TEST(SshPublicKey, survives_its_texts) {
    const SshPublicKey key = make_key().public_key();
    for (const char *comment : {"", "root@storage1", "two words"}) {
        const auto parsed = SshPublicKey::parse(key.to_line(comment));
        ASSERT_TRUE(parsed.ok()) << parsed.error().message();
        EXPECT_EQ(*parsed, key);
    }
    EXPECT_EQ(key.to_line(""), "ssh-ed25519 " + encode_base64(key.blob()) + "\n");
    EXPECT_EQ(key.to_line("a\nb"), "ssh-ed25519 " + encode_base64(key.blob()) + " a b\n");
}

TEST(SshPublicKey, takes_blanks_and_a_comment_around_it) {
    const SshPublicKey key = make_key().public_key();
    const std::string base64 = encode_base64(key.blob());
    const auto line = parse_ssh_line("  \tssh-ed25519\t" + base64 + "  a  comment \r\n");
    ASSERT_TRUE(line.ok());
    EXPECT_EQ(line->comment, "a  comment");
    EXPECT_EQ(line->blob, key.blob());
}

std::string line_of_type(const std::string &type) {
    WireWriter writer;
    writer.string(type);
    writer.string("x");
    return type + " " + encode_base64(writer.bytes());
}

TEST(SshPublicKey, names_the_types_that_are_not_supported) {
    for (const char *type :
         {"ssh-rsa", "ecdsa-sha2-nistp256", "ssh-dss", "sk-ssh-ed25519@openssh.com",
          "sk-ecdsa-sha2-nistp256@openssh.com", "ssh-rsa-cert-v01@openssh.com", "rsa-sha2-512"}) {
        const auto key = SshPublicKey::parse(line_of_type(type));
        ASSERT_FALSE(key.ok()) << type;
        EXPECT_EQ(key.error().code(), ErrorCode::kUnsupported);
        EXPECT_THAT(key.error().message(),
                    AllOf(HasSubstr(type), HasSubstr("ssh-keygen -t ed25519")));
    }
    const auto certificate = SshPublicKey::parse(line_of_type("ssh-ed25519-cert-v01@openssh.com"));
    ASSERT_FALSE(certificate.ok());
    EXPECT_EQ(certificate.error().code(), ErrorCode::kUnsupported);
    EXPECT_THAT(certificate.error().message(), HasSubstr("found a certificate"));
}

TEST(SshPublicKey, refuses_what_is_no_key) {
    const SshPublicKey key = make_key().public_key();
    const std::string line = key.to_line("");
    WireWriter longer;
    longer.string("ssh-ed25519");
    longer.string(std::string(33, 'x'));
    const std::string rows[] = {
        "",
        "ssh-ed25519",
        "ssh-ed25519 ",
        "ssh-ed25519 !!!!",
        "ssh-rsa " + encode_base64(key.blob()),
        line.substr(0, line.size() - 2),
        "ssh-ed25519 " + encode_base64(key.blob() + "x"),
        "ssh-ed25519 " + encode_base64(longer.bytes()),
        line_of_type("ssh-something"),
        line + line,
        line.substr(0, line.size() - 1) + " a\rb\n",
        "\n" + line,
        "ssh-ed25519\n" + encode_base64(key.blob()),
        encode_base64(key.blob()),
    };
    for (const std::string &row : rows) {
        const auto parsed = SshPublicKey::parse(row);
        ASSERT_FALSE(parsed.ok()) << row;
        EXPECT_EQ(parsed.error().code(), ErrorCode::kInvalid) << parsed.error().message();
    }
}

TEST(SshPublicKey, shows_nothing_of_what_is_none) {
    const std::string secret = "eO7bAakDHhKhNLU57UgyV6SGdz196CY8MDfiVSjxeXQ="; // of a lane
    const auto parsed = SshPublicKey::parse(secret);
    ASSERT_FALSE(parsed.ok());
    EXPECT_THAT(parsed.error().message(), Not(HasSubstr(secret.substr(0, 8))));
}

TEST(SshPublicKey, verifies_only_what_its_key_signed) {
    SshPrivateKey key = make_key();
    auto signature = must(key.sign("message"));
    EXPECT_TRUE(key.public_key().verifies("message", signature));
    EXPECT_FALSE(key.public_key().verifies("messagf", signature));
    EXPECT_FALSE(make_key().public_key().verifies("message", signature));
    signature[0] ^= 1;
    EXPECT_FALSE(key.public_key().verifies("message", signature));
}

TEST(SshSignature, survives_its_blob) {
    SshPrivateKey key = make_key();
    const auto signature = must(key.sign("message"));
    const auto parsed = parse_signature_blob(signature_blob(signature));
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(*parsed, signature);
    EXPECT_FALSE(parse_signature_blob(signature_blob(signature) + "x").ok());
    WireWriter rsa;
    rsa.string("rsa-sha2-512");
    rsa.string("x");
    const auto other = parse_signature_blob(rsa.bytes());
    ASSERT_FALSE(other.ok());
    EXPECT_EQ(other.error().code(), ErrorCode::kUnsupported);
}

TEST(SshPrivateKey, survives_its_text) {
    for (const char *comment : {"", "a", "ab", "abc", "abcd", "abcde", "abcdef", "abcdefg"}) {
        SshPrivateKey key = make_key();
        auto parsed = SshPrivateKey::parse(view_of(key.to_openssh(comment)));
        ASSERT_TRUE(parsed.ok()) << parsed.error().message();
        EXPECT_EQ(parsed->public_key(), key.public_key());
        EXPECT_TRUE(key.public_key().verifies("x", must(parsed->sign("x"))));
    }
}

TEST(SshPrivateKey, generates_distinct_keys) {
    EXPECT_NE(make_key().public_key(), make_key().public_key());
}

TEST(SshPrivateKey, is_read_only_from_a_private_file) {
    const TempFolder folder;
    const SecretBytes text = make_key().to_openssh("x");
    EXPECT_TRUE(SshPrivateKey::load(folder.write("good", view_of(text), 0600)).ok());
    const auto open = SshPrivateKey::load(folder.write("open", view_of(text), 0640));
    ASSERT_FALSE(open.ok());
    EXPECT_EQ(open.error().code(), ErrorCode::kPermission);
    EXPECT_THAT(open.error().message(), HasSubstr("chmod 0600 " + folder.path("open")));
    const auto missing = SshPrivateKey::load(folder.path("missing"));
    ASSERT_FALSE(missing.ok());
    EXPECT_EQ(missing.error().code(), ErrorCode::kNotFound);
    const auto large = SshPrivateKey::load(folder.write("large", std::string(20000, 'x'), 0600));
    ASSERT_FALSE(large.ok());
    EXPECT_THAT(large.error().message(), HasSubstr(folder.path("large")));
    const auto other = SshPrivateKey::load(folder.write("other", "hello", 0600));
    ASSERT_FALSE(other.ok());
    EXPECT_THAT(other.error().message(), HasSubstr(folder.path("other") + ": expected the lines"));
}

/// Where things are in the blob of a key without comment.
constexpr std::size_t kOuterPublic = 39 + 4 + 15 + 4;   // its 32 bytes
constexpr std::size_t kSection = kOuterPublic + 32 + 4; // begins here
constexpr std::size_t kCheck = kSection;
constexpr std::size_t kInnerPublic = kSection + 8 + 15 + 4;
constexpr std::size_t kSeed = kInnerPublic + 32 + 4;
constexpr std::size_t kPublicBehindSeed = kSeed + 32;
constexpr std::size_t kPadding = kPublicBehindSeed + 32 + 4;

TEST(SshPrivateKey, notices_every_change_of_what_counts) {
    const SshPrivateKey key = make_key();
    const auto blob = must(dearmor<std::string>(view_of(key.to_openssh("")), kLabel));
    ASSERT_EQ(blob.substr(kOuterPublic, 32), blob.substr(kInnerPublic, 32));
    ASSERT_EQ(blob.substr(kOuterPublic, 32), blob.substr(kPublicBehindSeed, 32));
    ASSERT_EQ(blob[kPadding], '\1');
    for (const std::size_t at : {std::size_t{0}, std::size_t{14}, kOuterPublic, kCheck, kCheck + 4,
                                 kInnerPublic, kSeed, kPublicBehindSeed, kPadding}) {
        std::string changed = blob;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        const auto parsed = SshPrivateKey::parse(armor<std::string>(changed, kLabel));
        ASSERT_FALSE(parsed.ok()) << at;
        EXPECT_EQ(parsed.error().code(), ErrorCode::kInvalid);
        EXPECT_THAT(parsed.error().message(), HasSubstr("damaged"));
    }
    for (std::size_t length = 0; length < blob.size(); ++length)
        EXPECT_FALSE(SshPrivateKey::parse(armor<std::string>(blob.substr(0, length), kLabel)).ok());
    EXPECT_FALSE(SshPrivateKey::parse(armor<std::string>(blob + "x", kLabel)).ok());
}

/// A private key file made of these parts.
std::string key_text(std::uint32_t keys, const std::string &public_blob,
                     const std::string &section) {
    WireWriter writer;
    writer.raw("openssh-key-v1\0"s);
    writer.string("none");
    writer.string("none");
    writer.string("");
    writer.uint32(keys);
    writer.string(public_blob);
    writer.string(section);
    return armor<std::string>(writer.bytes(), kLabel);
}

TEST(SshPrivateKey, refuses_more_than_one_key_other_types_and_odd_sections) {
    const SshPrivateKey key = make_key();
    const auto blob = must(dearmor<std::string>(view_of(key.to_openssh("")), kLabel));
    const std::string section = blob.substr(kSection);
    const std::string public_blob = key.public_key().blob();
    ASSERT_TRUE(SshPrivateKey::parse(key_text(1, public_blob, section)).ok());
    EXPECT_FALSE(SshPrivateKey::parse(key_text(2, public_blob, section)).ok());
    EXPECT_FALSE(SshPrivateKey::parse(key_text(1, public_blob, section.substr(0, 135))).ok());
    const std::string block("\6\7\x08\x09\x0a\x0b\x0c\x0d", 8);
    EXPECT_FALSE(SshPrivateKey::parse(key_text(1, public_blob, section + block)).ok())
        << "a whole block of padding";
    WireWriter rsa;
    rsa.string("ssh-rsa");
    const auto outer = SshPrivateKey::parse(key_text(1, rsa.bytes(), section));
    ASSERT_FALSE(outer.ok());
    EXPECT_EQ(outer.error().code(), ErrorCode::kUnsupported);
    const auto inner =
        SshPrivateKey::parse(key_text(1, public_blob, section.substr(0, 8) + rsa.bytes()));
    ASSERT_FALSE(inner.ok());
    EXPECT_EQ(inner.error().code(), ErrorCode::kUnsupported);
}

TEST(SshPrivateKey, shows_nothing_of_itself_in_an_error) {
    const SshPrivateKey key = make_key();
    const SecretBytes secret = key.to_openssh("");
    std::string text(view_of(secret));
    text[text.size() / 2] = '!';
    const auto parsed = SshPrivateKey::parse(text);
    ASSERT_FALSE(parsed.ok());
    for (std::size_t at = 40; at + 8 < text.size() - 40; at += 8)
        EXPECT_THAT(parsed.error().message(), Not(HasSubstr(text.substr(at, 8))));
}

} // namespace
} // namespace coax::test
