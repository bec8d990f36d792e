// SPDX-License-Identifier: Apache-2.0
#include "lib/base/file.h"

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace coax {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr std::size_t kLimitBytes = 100000;

class FileTest : public testing::Test {
  protected:
    FileTest() {
        std::string name = (fs::temp_directory_path() / "coax-file-test-XXXXXX").string();
        directory_ = mkdtemp(name.data());
    }
    ~FileTest() override { fs::remove_all(directory_); }

    static mode_t mode_of(const fs::path &path) {
        struct stat info {};
        EXPECT_EQ(stat(path.c_str(), &info), 0);
        return info.st_mode & 07777U;
    }
    std::size_t entries() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(directory_), fs::directory_iterator()));
    }

    fs::path directory_;
};

TEST_F(FileTest, reads_back_what_was_written) {
    const std::string content(50000, 'x');
    ASSERT_TRUE(write_file_atomically(directory_ / "a", content, 0600).ok());
    const auto read = read_file(directory_ / "a", kLimitBytes);
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(*read, content);
}

TEST_F(FileTest, replaces_content_and_mode_and_leaves_no_temporary) {
    ASSERT_TRUE(write_file_atomically(directory_ / "a", "old", 0644).ok());
    ASSERT_TRUE(write_file_atomically(directory_ / "a", "new", 0600).ok());
    EXPECT_EQ(*read_file(directory_ / "a", kLimitBytes), "new");
    EXPECT_EQ(mode_of(directory_ / "a"), 0600U);
    EXPECT_EQ(entries(), 1U);
}

TEST_F(FileTest, failed_write_leaves_no_temporary) {
    fs::create_directories(directory_ / "taken" / "full");
    const auto status = write_file_atomically(directory_ / "taken", "x", 0600);
    ASSERT_FALSE(status.ok());
    EXPECT_THAT(status.error().message(), HasSubstr("taken"));
    EXPECT_EQ(entries(), 1U);
}

TEST_F(FileTest, missing_file_is_not_found) {
    const auto read = read_file(directory_ / "none", kLimitBytes);
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().code(), ErrorCode::kNotFound);
    EXPECT_THAT(read.error().message(), HasSubstr((directory_ / "none").string()));
}

TEST_F(FileTest, file_over_the_limit_is_invalid) {
    ASSERT_TRUE(write_file_atomically(directory_ / "a", "12345", 0600).ok());
    EXPECT_TRUE(read_file(directory_ / "a", 5).ok());
    EXPECT_EQ(read_file(directory_ / "a", 4).error().code(), ErrorCode::kInvalid);
}

TEST_F(FileTest, directory_is_no_file) {
    EXPECT_FALSE(read_file(directory_, kLimitBytes).ok());
}

TEST_F(FileTest, makes_parents_with_the_mode_whatever_the_umask) {
    const mode_t before = umask(0077);
    const auto status = ensure_directory(directory_ / "a" / "b", 0755);
    umask(before);
    ASSERT_TRUE(status.ok());
    EXPECT_EQ(mode_of(directory_ / "a"), 0755U);
    EXPECT_EQ(mode_of(directory_ / "a" / "b"), 0755U);
}

TEST_F(FileTest, corrects_the_mode_of_the_directory_but_not_of_its_parent) {
    ASSERT_TRUE(ensure_directory(directory_ / "a" / "b", 0755).ok());
    ASSERT_TRUE(ensure_directory(directory_ / "a" / "b", 0700).ok());
    EXPECT_EQ(mode_of(directory_ / "a"), 0755U);
    EXPECT_EQ(mode_of(directory_ / "a" / "b"), 0700U);
}

TEST_F(FileTest, file_in_the_way_of_a_directory_is_an_error) {
    ASSERT_TRUE(write_file_atomically(directory_ / "a", "x", 0600).ok());
    EXPECT_FALSE(ensure_directory(directory_ / "a", 0700).ok());
    EXPECT_FALSE(ensure_directory(directory_ / "a" / "b", 0700).ok());
}

} // namespace
} // namespace coax
