// SPDX-License-Identifier: Apache-2.0
#include "agent/control/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/scratch_folder.h"
#include "lib/base/file.h"
#include "unit/agent_control/overlay.h"

namespace coax {
namespace {

using test::kNow;
using testing::HasSubstr;

class RecordTest : public testing::Test {
  protected:
    agent::v1::ViewRecord record() {
        Claims claims(test::self());
        controller::v1::Update update;
        *update.add_nodes() = node_.said();
        claims.take(update, true, {anchors_, {}, OnExpiry::kWarn, kNow});
        agent::v1::ViewRecord record;
        record.set_network_id(test::kNetwork);
        for (const auto &[id, node] : claims.nodes())
            *record.add_nodes() = to_record(id, node);
        return record;
    }
    SshPrivateKey ca_ = test::make_key();
    TrustAnchors anchors_ = test::anchors_of(ca_.public_key());
    test::HonestNode node_{2, ca_};
    test::ScratchFolder folder_;
    const std::filesystem::path path_ = folder_.path() / "view";
};

TEST_F(RecordTest, comes_back_as_it_was) {
    ASSERT_TRUE(write_record(path_, record()).ok());
    const auto read = read_record(path_);
    ASSERT_TRUE(read.ok()) << read.error().message();
    ASSERT_TRUE(read.value());
    ASSERT_EQ((*read)->nodes_size(), 1);
    auto node = from_record((*read)->nodes(0));
    ASSERT_TRUE(node.ok());
    EXPECT_EQ(node->last->epoch, node_.binding.epoch);
    EXPECT_EQ(node->last->identity, node_.key.public_key());
    EXPECT_EQ(node->accepted.certificate, node_.certificate);
}

TEST_F(RecordTest, may_be_missing) {
    const auto read = read_record(path_);
    ASSERT_TRUE(read.ok());
    EXPECT_FALSE(read.value());
}

TEST_F(RecordTest, shows_every_damaged_byte_and_every_missing_end) {
    const std::string good = encode_record(record());
    for (std::size_t i = 0; i < good.size(); ++i) {
        std::string bad = good;
        bad[i] = static_cast<char>(bad[i] ^ 0x10);
        EXPECT_FALSE(decode_record(bad).ok()) << i;
        EXPECT_FALSE(decode_record(good.substr(0, i)).ok()) << i;
    }
    EXPECT_TRUE(decode_record(good).ok());
}

TEST_F(RecordTest, is_kept_aside_when_it_is_damaged) {
    ASSERT_TRUE(write_file_atomically(path_, "coax-view 1\nnot any more", 0600).ok());
    const auto read = read_record(path_);
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().code(), ErrorCode::kCorrupt);
    EXPECT_THAT(read.error().message(), HasSubstr("view.damaged"));
    EXPECT_TRUE(std::filesystem::exists(path_.string() + ".damaged"));
    EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(RecordTest, of_a_later_format_is_named_as_such) {
    EXPECT_EQ(decode_record("coax-view 2\nwhatever").error().code(), ErrorCode::kVersion);
}

TEST_F(RecordTest, refuses_nodes_without_a_valid_form) {
    agent::v1::KeptNode kept = record().nodes(0);
    EXPECT_TRUE(from_record(kept).ok());
    kept.set_digest("short");
    EXPECT_FALSE(from_record(kept).ok());
    kept = record().nodes(0);
    kept.set_id(1U << 25U);
    EXPECT_FALSE(from_record(kept).ok());
    kept = record().nodes(0);
    kept.set_name("Not A Name");
    EXPECT_FALSE(from_record(kept).ok());
}

} // namespace
} // namespace coax
