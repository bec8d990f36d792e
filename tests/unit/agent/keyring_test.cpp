// SPDX-License-Identifier: Apache-2.0
// Sets of lane keys on the disk, and a process that dies between any two steps of a change.
#include "agent/peers/keyring.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/fake_clock.h"
#include "unit/agent/world.h"

namespace coax {
namespace {

using testing::HasSubstr;

class KeyringTest : public testing::Test {
  protected:
    Keyring loaded() {
        Keyring keys(folder_.path() / "keys", clock_);
        EXPECT_TRUE(keys.ensure(2).ok());
        return keys;
    }
    std::string file(const std::string &name) { return folder_.path() / "keys" / name; }

    test::TempFolder folder_;
    FakeClock clock_;
};

TEST_F(KeyringTest, node_begins_with_first_keys_and_says_since_when) {
    const Keyring keys = loaded();
    EXPECT_EQ(keys.in_use(), KeySet::kFirst);
    EXPECT_FALSE(keys.changing());
    EXPECT_FALSE(keys.has(KeySet::kSecond));
    EXPECT_EQ(keys.size(), 2U);
    EXPECT_EQ(keys.state().since, std::chrono::floor<std::chrono::seconds>(clock_.system_now()));
    EXPECT_EQ(loaded().state(), keys.state());
}

TEST_F(KeyringTest, change_goes_there_and_back_with_new_keys_each_time) {
    Keyring keys = loaded();
    std::set<PublicKey> seen{keys.public_key(KeySet::kFirst, 0)};
    for (const KeySet next : {KeySet::kSecond, KeySet::kFirst, KeySet::kSecond}) {
        ASSERT_TRUE(keys.begin_change().ok());
        EXPECT_TRUE(seen.insert(keys.public_key(next, 0)).second);
        EXPECT_EQ(keys.in_use(), other(next));
        EXPECT_EQ(keys.size(), 2U);
        ASSERT_TRUE(keys.end_change().ok());
        EXPECT_EQ(keys.in_use(), next);
        EXPECT_FALSE(keys.has(other(next)));
        EXPECT_FALSE(std::filesystem::exists(file(lane_key_file(0, other(next)))));
    }
}

TEST_F(KeyringTest, agent_that_starts_goes_on_with_a_change) {
    Keyring keys = loaded();
    ASSERT_TRUE(keys.begin_change().ok());
    const Keyring again = loaded();
    EXPECT_EQ(again.state(), keys.state());
    for (const KeySet set : kKeySets)
        EXPECT_EQ(again.public_key(set, 1), keys.public_key(set, 1));
    ASSERT_TRUE(keys.end_change().ok());
    EXPECT_EQ(loaded().public_key(KeySet::kSecond, 0), keys.public_key(KeySet::kSecond, 0));
}

TEST_F(KeyringTest, keys_that_were_left_over_are_never_used_again) {
    Keyring keys = loaded();
    ASSERT_TRUE(keys.begin_change().ok());
    std::filesystem::copy_file(file("lane0.key"), file("kept"));
    const PublicKey old = keys.public_key(KeySet::kFirst, 0);
    ASSERT_TRUE(keys.end_change().ok());
    std::filesystem::rename(file("kept"), file("lane0.key")); // as if it died before removing it
    Keyring again = loaded();
    EXPECT_FALSE(again.has(KeySet::kFirst));
    ASSERT_TRUE(again.begin_change().ok());
    EXPECT_NE(again.public_key(KeySet::kFirst, 0), old);
}

TEST_F(KeyringTest, key_files_without_the_state_that_took_effect_change_nothing) {
    Keyring keys = loaded();
    std::filesystem::copy_file(file("state"), file("before"));
    ASSERT_TRUE(keys.begin_change().ok());
    std::filesystem::rename(file("before"), file("state")); // as if it died before writing it
    EXPECT_FALSE(loaded().changing());
}

TEST_F(KeyringTest, only_one_change_at_a_time) {
    Keyring keys = loaded();
    EXPECT_EQ(keys.end_change().error().code(), ErrorCode::kNotFound);
    ASSERT_TRUE(keys.begin_change().ok());
    EXPECT_EQ(keys.begin_change().error().code(), ErrorCode::kExists);
}

TEST_F(KeyringTest, damaged_or_missing_state_is_an_error_that_says_what_to_do) {
    ASSERT_TRUE(loaded().begin_change().ok());
    std::ofstream(file("state")) << "second\n";
    Keyring damaged(folder_.path() / "keys", clock_);
    const Status read = damaged.ensure(1);
    ASSERT_FALSE(read.ok());
    EXPECT_THAT(read.error().message(), HasSubstr("keys/state"));
    EXPECT_THAT(read.error().message(), HasSubstr("first|second settled|changing SECONDS"));
    std::filesystem::remove(file("state"));
    Keyring missing(folder_.path() / "keys", clock_);
    const Status found = missing.ensure(1);
    ASSERT_FALSE(found.ok());
    EXPECT_THAT(found.error().message(), HasSubstr("put it back"));
    EXPECT_FALSE(missing.ensure(1).ok()) << "asking again is no answer";
}

TEST(KeyStateTest, has_one_form) {
    for (const char *text : {"first settled 0\n", "second changing 1795305600\n"})
        EXPECT_EQ(KeyState::parse(text)->to_text(), text);
    for (const char *text :
         {"", "\n", "first settled 0", "third settled 0\n", "first moving 0\n",
          "first settled -1\n", "first settled 0 \n", "first settled 00\n", "first settled 0\nx"})
        EXPECT_FALSE(KeyState::parse(text).ok()) << text;
}

} // namespace
} // namespace coax
