// SPDX-License-Identifier: Apache-2.0
#include "lib/base/private_file.h"

#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/unique_fd.h"
#include "unit/base/watched_memory.h"

namespace coax {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr PrivateMode kMode{.expected = 0600, .if_read = "throw it away"};
constexpr const char *kPath = "/etc/coax/secret"; // for the errors only

/// An open file without a name.
class PrivateFile : public testing::Test {
  protected:
    PrivateFile() {
        std::string name = testing::TempDir() + "coax-private-XXXXXX";
        fd_.reset(::mkstemp(name.data()));
        ::unlink(name.c_str());
    }
    void hold(const std::string &content) const {
        ASSERT_EQ(::pwrite(fd_.get(), content.data(), content.size(), 0),
                  static_cast<ssize_t>(content.size()));
    }
    UniqueFd fd_;
};

TEST_F(PrivateFile, passes_when_only_its_owner_may_read_it) {
    for (const mode_t mode : {0600U, 0400U, 0700U}) {
        ASSERT_EQ(::fchmod(fd_.get(), mode), 0);
        EXPECT_TRUE(check_private(kPath, fd_.get(), kMode).ok());
    }
}

TEST_F(PrivateFile, is_refused_when_open_to_others) {
    for (const mode_t mode : {0640U, 0604U, 0620U, 0601U}) {
        ASSERT_EQ(::fchmod(fd_.get(), mode), 0);
        const Status status = check_private(kPath, fd_.get(), kMode);
        ASSERT_FALSE(status.ok());
        EXPECT_EQ(status.error().code(), ErrorCode::kPermission);
        EXPECT_THAT(status.error().message(),
                    AllOf(HasSubstr("expected mode 0600, found 06"),
                          HasSubstr("chmod 0600 /etc/coax/secret"), HasSubstr("throw it away")));
    }
}

TEST_F(PrivateFile, is_refused_when_it_belongs_to_another_user) {
    if (::fchown(fd_.get(), 65534, 65534) != 0)
        return; // only root can give a file away
    const Status status = check_private(kPath, fd_.get(), kMode);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code(), ErrorCode::kPermission);
    EXPECT_THAT(status.error().message(), HasSubstr("belongs to user 65534"));
}

TEST_F(PrivateFile, is_read_whole_up_to_the_limit) {
    hold("secret");
    const auto content = read_secret(kPath, fd_.get(), 6);
    ASSERT_TRUE(content.ok()) << content.error().message();
    EXPECT_EQ(view_of(*content), "secret");
}

TEST_F(PrivateFile, is_refused_past_the_limit_without_showing_it) {
    hold("secret");
    const auto content = read_secret(kPath, fd_.get(), 5);
    ASSERT_FALSE(content.ok());
    EXPECT_EQ(content.error().code(), ErrorCode::kInvalid);
    EXPECT_EQ(content.error().message(),
              "read /etc/coax/secret: expected at most 5 bytes, found more; is it the right file?");
}

TEST(SecretBytes, are_wiped_before_their_memory_is_given_back) {
    SecretBytes secret(100, 's');
    test::watch_memory(secret.data());
    secret = SecretBytes();
    EXPECT_EQ(test::watched_bytes_left(), 0U);
}

} // namespace
} // namespace coax
