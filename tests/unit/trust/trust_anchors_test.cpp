// SPDX-License-Identifier: Apache-2.0
#include "lib/trust/trust_anchors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/trust/keys.h"
#include "unit/trust/temp_folder.h"

namespace coax::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

TEST(TrustAnchorFile, holds_several_cas_for_a_change) {
    const SshPublicKey old_ca = make_key().public_key();
    const SshPublicKey new_ca = make_key().public_key();
    const TempFolder folder;
    const auto anchors = TrustAnchors::load(
        folder.write("anchors", "# the CAs of rack 4\n\n  \t\r\n" + old_ca.to_line("2026") +
                                    "  # from June on\n" + new_ca.to_line("")));
    ASSERT_TRUE(anchors.ok()) << anchors.error().message();
    EXPECT_TRUE(anchors->contains(old_ca));
    EXPECT_TRUE(anchors->contains(new_ca));
    EXPECT_FALSE(anchors->contains(make_key().public_key()));
    EXPECT_EQ(anchors->to_string(), old_ca.fingerprint() + " (\"2026\"), " + new_ca.fingerprint());
}

TEST(TrustAnchorFile, may_end_without_a_line_break) {
    std::string line = make_key().public_key().to_line("x");
    line.pop_back();
    EXPECT_TRUE(TrustAnchors::parse(line, "anchors").ok());
}

TEST(TrustAnchorFile, without_a_key_trusts_nobody) {
    for (const char *text : {"", "\n\n", "# ssh-ed25519 AAAA\n"}) {
        const auto anchors = TrustAnchors::parse(text, "/etc/coax/ca");
        ASSERT_FALSE(anchors.ok());
        EXPECT_EQ(anchors.error().code(), ErrorCode::kInvalid);
        EXPECT_THAT(anchors.error().message(), StartsWith("/etc/coax/ca: holds no CA key"));
    }
    EXPECT_FALSE(TrustAnchors::load("/nonexistent/anchors").ok());
}

TEST(TrustAnchorFile, with_a_bad_line_is_refused_by_file_and_line) {
    SshPrivateKey ca = make_key();
    const std::string good = ca.public_key().to_line("good");
    const auto certificate = must(make_certificate(host_facts(ca.public_key()), ca));
    const std::pair<std::string, const char *> rows[] = {
        {"hello\n", "expected \"ssh-ed25519"},
        {certificate.to_line(""), "found a certificate"},
        {"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQEA\n", "is not supported"},
        {"cert-authority " + good, "is it a public key?"},
        {good.substr(0, 40) + "\n", "cut short"},
    };
    for (const auto &[line, why] : rows) {
        std::string text = "# comment\n" + good;
        text += line + good;
        const auto anchors = TrustAnchors::parse(text, "/etc/coax/ca");
        ASSERT_FALSE(anchors.ok()) << line;
        EXPECT_EQ(anchors.error().code(), ErrorCode::kInvalid);
        EXPECT_THAT(anchors.error().message(),
                    AllOf(StartsWith("/etc/coax/ca:3: "), HasSubstr(why)));
    }
}

} // namespace
} // namespace coax::test
