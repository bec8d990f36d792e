// SPDX-License-Identifier: Apache-2.0
#include "controller/tls_identity.h"

#include <sys/stat.h>

#include <gtest/gtest.h>

#include "harness/child_process.h"
#include "harness/fake_clock.h"
#include "harness/scratch_folder.h"
#include "lib/base/file.h"

namespace coax {
namespace {

using std::chrono::hours;

constexpr std::size_t kLimit = 65536;
constexpr unsigned kModeBits = 0777;

class TlsIdentityTest : public testing::Test {
  protected:
    TlsIdentityTest() { clock_.set_system(std::chrono::system_clock::now()); }

    static unsigned mode_of(const std::filesystem::path &file) {
        struct stat info {};
        EXPECT_EQ(::stat(file.c_str(), &info), 0);
        return info.st_mode & kModeBits;
    }

    test::ScratchFolder folder_;
    FakeClock clock_;
    const std::filesystem::path key_ = folder_.path() / kTlsKeyFile;
    const std::filesystem::path certificate_ = folder_.path() / kTlsCertificateFile;
};

TEST_F(TlsIdentityTest, is_read_as_it_was_made) {
    ASSERT_TRUE(make_tls_identity(folder_.path(), clock_).ok());
    EXPECT_EQ(mode_of(key_), 0600U);
    EXPECT_EQ(mode_of(certificate_), 0644U);
    const auto identity = load_tls_identity(folder_.path(), clock_);
    ASSERT_TRUE(identity.ok()) << identity.error().message();
    EXPECT_TRUE(view_of(identity->key_pem).starts_with("-----BEGIN PRIVATE KEY-----"));
    EXPECT_TRUE(identity->certificate_pem.starts_with("-----BEGIN CERTIFICATE-----"));
    EXPECT_GT(identity->certificate_der.size(), 200U);
}

TEST_F(TlsIdentityTest, is_what_openssl_calls_a_good_certificate) {
    ASSERT_TRUE(make_tls_identity(folder_.path(), clock_).ok());
    const std::string text =
        test::run_program({"openssl", "x509", "-in", certificate_.string(), "-noout", "-text"});
    EXPECT_NE(text.find("Subject: CN = coax-controller"), std::string::npos) << text;
    EXPECT_NE(text.find("ASN1 OID: prime256v1"), std::string::npos) << text;
    EXPECT_NE(text.find("DNS:coax-controller"), std::string::npos) << text;
    const std::string verified =
        test::run_program({"openssl", "verify", "-purpose", "sslserver", "-CAfile",
                           certificate_.string(), certificate_.string()});
    EXPECT_NE(verified.find(": OK"), std::string::npos) << verified;
}

TEST_F(TlsIdentityTest, is_valid_for_ten_years_and_not_longer) {
    ASSERT_TRUE(make_tls_identity(folder_.path(), clock_).ok());
    clock_.advance(hours(24 * 3650));
    EXPECT_TRUE(load_tls_identity(folder_.path(), clock_).ok());
    clock_.advance(hours(24 * 10));
    EXPECT_EQ(load_tls_identity(folder_.path(), clock_).error().code(), ErrorCode::kInvalid);
}

TEST_F(TlsIdentityTest, is_never_replaced) {
    ASSERT_TRUE(make_tls_identity(folder_.path(), clock_).ok());
    const auto before = read_file(certificate_, kLimit);
    EXPECT_EQ(make_tls_identity(folder_.path(), clock_).error().code(), ErrorCode::kExists);
    std::filesystem::remove(key_);
    EXPECT_EQ(make_tls_identity(folder_.path(), clock_).error().code(), ErrorCode::kExists);
    EXPECT_EQ(*before, *read_file(certificate_, kLimit));
}

TEST_F(TlsIdentityTest, refuses_a_key_that_others_can_read) {
    ASSERT_TRUE(make_tls_identity(folder_.path(), clock_).ok());
    ASSERT_EQ(::chmod(key_.c_str(), 0640), 0);
    const auto refused = load_tls_identity(folder_.path(), clock_);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code(), ErrorCode::kPermission);
    EXPECT_NE(refused.error().message().find("chmod 0600"), std::string::npos)
        << refused.error().message();
}

TEST_F(TlsIdentityTest, refuses_files_that_are_no_pair) {
    const test::ScratchFolder other;
    ASSERT_TRUE(make_tls_identity(folder_.path(), clock_).ok());
    ASSERT_TRUE(make_tls_identity(other.path(), clock_).ok());
    std::filesystem::copy_file(other.path() / kTlsCertificateFile, certificate_,
                               std::filesystem::copy_options::overwrite_existing);
    EXPECT_EQ(load_tls_identity(folder_.path(), clock_).error().code(), ErrorCode::kInvalid);
    ASSERT_TRUE(write_file_atomically(certificate_, "not a certificate", 0644).ok());
    EXPECT_EQ(load_tls_identity(folder_.path(), clock_).error().code(), ErrorCode::kInvalid);
}

TEST_F(TlsIdentityTest, says_which_file_is_missing) {
    const auto missing = load_tls_identity(folder_.path(), clock_);
    ASSERT_FALSE(missing.ok());
    EXPECT_EQ(missing.error().code(), ErrorCode::kNotFound);
    EXPECT_NE(missing.error().message().find(key_.string()), std::string::npos);
}

} // namespace
} // namespace coax
