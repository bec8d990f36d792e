// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/file.h"
#include "lib/wireguard/wireguard.h"

namespace coax {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// A directory that goes with the test.
class KeyDirectory {
  public:
    KeyDirectory() {
        std::string name = testing::TempDir() + "coax-keys-XXXXXX";
        path_ = ::mkdtemp(name.data());
    }
    KeyDirectory(const KeyDirectory &) = delete;
    KeyDirectory &operator=(const KeyDirectory &) = delete;
    ~KeyDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] std::string path(const std::string &name = "") const {
        return name.empty() ? path_ : path_ + "/" + name;
    }
    void write(const std::string &name, const std::string &content, mode_t mode) const {
        std::ofstream(path(name)) << content;
        EXPECT_EQ(::chmod(path(name).c_str(), mode), 0);
    }

  private:
    std::string path_;
};

mode_t mode_of(const std::string &path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
}

struct Vector {
    const char *private_key; // `wg genkey`
    const char *public_key;  // `wg pubkey` of it
};

constexpr Vector kVectors[] = {
    {"eO7bAakDHhKhNLU57UgyV6SGdz196CY8MDfiVSjxeXQ=",
     "KxfkS5W5ve+N89g2xCSEmTSjgD8agGAZgAXuwJaGZHU="},
    {"WN4toVmwU+NSRnUtKHkLlPVLFodOiOD5M9RqdpXqW0M=",
     "+A5UWaMwpV7kSeM9IPOTYt8N7eFIAUVlwUPuI7lzF3Q="},
    {"aPq0XRkK1l1VnWpMElHDh8GlXBKTDxKtuaDQkrJIT3M=",
     "z3Ij5/WkuKu5ZK5xkdl3kN381xfU0cXnMg/sthwVqgo="},
};

TEST(Keys, loads_what_wg_genkey_wrote_and_derives_what_wg_pubkey_says) {
    for (const auto &vector : kVectors) {
        const KeyDirectory directory;
        directory.write("lane2.key", std::string(vector.private_key) + "\n", 0600);
        const auto key = load_or_create_key(directory.path(), 2);
        ASSERT_TRUE(key.ok()) << key.error().message();
        EXPECT_EQ(public_key_of(*key).to_string(), vector.public_key);
    }
}

TEST(Keys, takes_a_key_file_without_newline) {
    const KeyDirectory directory;
    directory.write("lane0.key", kVectors[0].private_key, 0600);
    const auto key = load_or_create_key(directory.path(), 0);
    ASSERT_TRUE(key.ok()) << key.error().message();
    EXPECT_EQ(public_key_of(*key).to_string(), kVectors[0].public_key);
}

TEST(Keys, generates_clamped_and_distinct_keys) {
    const PrivateKey a = generate_private_key();
    const PrivateKey b = generate_private_key();
    EXPECT_FALSE(a.equals(b));
    EXPECT_EQ(a.expose()[0] & 7, 0);
    EXPECT_EQ(a.expose()[31] & 0xc0, 0x40);
}

TEST(Keys, makes_a_missing_key_once_with_private_modes) {
    const KeyDirectory directory;
    const std::string keys = directory.path("state/keys");
    const auto made = load_or_create_key(keys, 0);
    ASSERT_TRUE(made.ok()) << made.error().message();
    EXPECT_EQ(mode_of(keys), 0700U);
    EXPECT_EQ(mode_of(keys + "/lane0.key"), 0600U);
    const auto text = read_file(keys + "/lane0.key", 100);
    ASSERT_TRUE(text.ok());
    EXPECT_EQ(text->size(), 45U); // as `wg genkey` prints
    const auto loaded = load_or_create_key(keys, 0);
    ASSERT_TRUE(loaded.ok());
    EXPECT_TRUE(made->equals(*loaded));
    const auto other = load_or_create_key(keys, 1);
    ASSERT_TRUE(other.ok());
    EXPECT_FALSE(made->equals(*other));
}

TEST(Keys, refuses_a_file_that_others_can_read) {
    for (const mode_t mode : {0640U, 0604U, 0660U, 0644U}) {
        const KeyDirectory directory;
        directory.write("lane0.key", kVectors[0].private_key, mode);
        const auto key = load_or_create_key(directory.path(), 0);
        ASSERT_FALSE(key.ok());
        EXPECT_EQ(key.error().code(), ErrorCode::kPermission);
        EXPECT_THAT(key.error().message(),
                    AllOf(HasSubstr("expected mode 0600"), HasSubstr("chmod 0600 "),
                          HasSubstr(directory.path("lane0.key"))));
    }
}

TEST(Keys, refuses_a_directory_that_others_can_enter) {
    const KeyDirectory directory;
    ASSERT_EQ(::chmod(directory.path().c_str(), 0755), 0);
    const auto key = load_or_create_key(directory.path(), 0);
    ASSERT_FALSE(key.ok());
    EXPECT_EQ(key.error().code(), ErrorCode::kPermission);
    EXPECT_THAT(key.error().message(), AllOf(HasSubstr("expected mode 0700, found 0755"),
                                             HasSubstr("chmod 0700 " + directory.path())));
    EXPECT_FALSE(std::filesystem::exists(directory.path("lane0.key")));
}

TEST(Keys, refuses_a_file_that_holds_no_key_and_keeps_it) {
    const std::string zero_key(43, 'A');
    const std::string texts[] = {"",
                                 "\n",
                                 "hello",
                                 zero_key + "=",
                                 std::string(kVectors[0].private_key).substr(0, 40),
                                 std::string(kVectors[0].private_key) + "AAAA",
                                 std::string(4096, '='),
                                 std::string("\0\0\0\0", 4)};
    for (const auto &text : texts) {
        const KeyDirectory directory;
        directory.write("lane0.key", text, 0600);
        const auto key = load_or_create_key(directory.path(), 0);
        ASSERT_FALSE(key.ok()) << text;
        EXPECT_EQ(key.error().code(), ErrorCode::kInvalid);
        EXPECT_THAT(key.error().message(), HasSubstr("lane0.key"));
        EXPECT_EQ(std::filesystem::file_size(directory.path("lane0.key")), text.size());
    }
}

TEST(Keys, never_follows_a_link_to_a_key) {
    const KeyDirectory directory;
    directory.write("elsewhere", kVectors[0].private_key, 0600);
    std::filesystem::create_symlink("elsewhere", directory.path("lane0.key"));
    EXPECT_FALSE(load_or_create_key(directory.path(), 0).ok());
}

} // namespace
} // namespace coax
