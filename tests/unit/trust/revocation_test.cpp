// SPDX-License-Identifier: Apache-2.0
#include "lib/trust/revocation_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/trust/armor.h"
#include "lib/trust/revocation_memory.h"
#include "lib/trust/signed_record.h"
#include "lib/trust/sshsig.h"
#include "unit/trust/keys.h"
#include "unit/trust/program.h"
#include "unit/trust/raw_certificate.h"

namespace coax::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

SshPublicKey key_of(std::uint8_t byte) {
    SshPublicKey key;
    key.bytes.fill(byte);
    return key;
}

RevocationList sample() {
    return {.version = 5,
            .issued = kNow,
            .keys = {key_of(2), key_of(1)},
            .serials = {{key_of(9), 8}, {key_of(9), 7}, {key_of(8), 300}}};
}

/// A list field by field, also such as nobody should make.
struct RawList {
    std::string magic = "coax-revocations";
    std::uint32_t format = 1;
    std::uint64_t version = 5;
    std::string keys{};
    std::string serials{};

    [[nodiscard]] std::string encode() const {
        WireWriter writer;
        writer.string(magic);
        writer.uint32(format);
        writer.uint64(version);
        writer.uint64(time_to_wire(kNow));
        writer.string(keys);
        writer.string(serials);
        return writer.take();
    }
};

std::string serial_entry(std::uint8_t ca, std::uint64_t serial) {
    WireWriter writer;
    writer.string(key_of(ca).bytes);
    writer.uint64(serial);
    return writer.take();
}

TEST(RevocationLists, have_one_form) {
    RawList raw;
    raw.keys = pack({std::string(32, '\1'), std::string(32, '\2')});
    raw.serials = serial_entry(8, 300) + serial_entry(9, 7) + serial_entry(9, 8);
    EXPECT_EQ(sample().encode(), raw.encode());
    EXPECT_EQ(must(RevocationList::decode(raw.encode())), sample());
    EXPECT_TRUE(RevocationList::decode(RawList().encode()).ok()) << "may be empty";
}

TEST(RevocationLists, in_any_other_form_are_refused) {
    const std::string good = sample().encode();
    const std::string one(32, '\1');
    const std::string two(32, '\2');
    const std::pair<const char *, std::string> rows[] = {
        {"unsorted keys", RawList{.keys = pack({two, one})}.encode()},
        {"a key twice", RawList{.keys = pack({one, one})}.encode()},
        {"a short key", RawList{.keys = pack({one.substr(1)})}.encode()},
        {"unsorted serials", RawList{.serials = serial_entry(9, 8) + serial_entry(9, 7)}.encode()},
        {"half a serial", RawList{.serials = serial_entry(9, 8).substr(0, 40)}.encode()},
        {"serial 0", RawList{.serials = serial_entry(9, 0)}.encode()},
        {"version 0", RawList{.version = 0}.encode()},
        {"another thing", RawList{.magic = "coax-binding"}.encode()},
        {"more behind it", good + "x"},
    };
    for (const auto &[name, payload] : rows) {
        const auto list = RevocationList::decode(payload);
        ASSERT_FALSE(list.ok()) << name;
        EXPECT_EQ(list.error().code(), ErrorCode::kInvalid) << name;
    }
    for (std::size_t length = 0; length < good.size(); ++length)
        EXPECT_FALSE(RevocationList::decode(good.substr(0, length)).ok()) << length;
}

TEST(RevocationLists, of_a_later_format_are_named_as_such) {
    const auto later = RevocationList::decode(RawList{.format = 2}.encode());
    ASSERT_FALSE(later.ok());
    EXPECT_EQ(later.error().code(), ErrorCode::kVersion);
    EXPECT_THAT(later.error().message(), HasSubstr("format 2, expected 1"));
}

TEST(RevocationLists, revoke_by_key_by_serial_and_by_ca) {
    SshPrivateKey ca = make_key();
    const SshPublicKey key = make_key().public_key();
    const auto certificate = must(make_certificate(host_facts(key), ca));
    EXPECT_FALSE(RevocationList().revokes(certificate));
    EXPECT_FALSE(sample().revokes(certificate));
    EXPECT_TRUE(RevocationList{.keys = {key}}.revokes(certificate));
    EXPECT_TRUE(RevocationList{.keys = {ca.public_key()}}.revokes(certificate));
    const std::set<RevokedSerial> ours = {{ca.public_key(), 7}};
    EXPECT_TRUE(RevocationList{.serials = ours}.revokes(certificate));
    const std::set<RevokedSerial> others = {{ca.public_key(), 8}, {key, 7}};
    EXPECT_FALSE(RevocationList{.serials = others}.revokes(certificate)) << "serials count per CA";
}

class SignedLists : public testing::Test {
  protected:
    std::string sign(const RevocationList &list) { return must(sign_revocation_list(list, ca_)); }
    static RevocationList list_of(std::uint64_t version, const std::set<SshPublicKey> &keys = {}) {
        return {.version = version, .issued = kNow, .keys = keys, .serials = {}};
    }
    void expect_refused(const std::string &bytes, RefusalReason reason, const std::string &text) {
        const auto verdict = verify_revocation_list(bytes, anchors_, sample());
        const auto *refusal = std::get_if<Refusal>(&verdict);
        ASSERT_NE(refusal, nullptr) << text;
        EXPECT_EQ(refusal_name(refusal->reason), refusal_name(reason)) << refusal->message;
        EXPECT_THAT(refusal->message, HasSubstr(text));
    }
    SshPrivateKey ca_ = make_key();
    TrustAnchors anchors_ = anchors_of(ca_.public_key());
};

TEST_F(SignedLists, are_taken_from_an_anchor) {
    for (const RevocationList &list : {sample(), list_of(6)}) {
        const auto verdict = verify_revocation_list(sign(list), anchors_, sample());
        ASSERT_TRUE(std::holds_alternative<RevocationList>(verdict));
        EXPECT_EQ(std::get<RevocationList>(verdict), list);
    }
    EXPECT_EQ(must(open_revocation_list(sign(sample()))).ca, ca_.public_key());
}

TEST_F(SignedLists, are_refused_from_others_or_when_older) {
    SshPrivateKey other = make_key();
    expect_refused(must(sign_revocation_list(list_of(6), other)), RefusalReason::kWrongCa,
                   other.public_key().fingerprint());
    expect_refused(sign(list_of(4)), RefusalReason::kOldList, "version 4, version 5 is in force");
    expect_refused(sign(list_of(5)), RefusalReason::kListReused, "two different");
    expect_refused(must(sign_record(RawList{.format = 2}.encode(), kRevocationNamespace, ca_)),
                   RefusalReason::kVersion, "format 2");
    expect_refused(must(sign_record(list_of(6).encode(), "binding@coax", ca_)),
                   RefusalReason::kMalformed, "namespace");
    expect_refused(std::string(kRevocationBytesMax + 1, 'x'), RefusalReason::kTooLarge,
                   "expected at most 4194304");
    expect_refused("hello", RefusalReason::kMalformed, "revocation list: ");
}

TEST_F(SignedLists, are_refused_when_a_bit_changed_or_the_end_is_missing) {
    const std::string good = sign(list_of(6, {key_of(1)}));
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        std::string changed = good;
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
        EXPECT_FALSE(
            std::holds_alternative<RevocationList>(verify_revocation_list(changed, anchors_, {})));
    }
    for (std::size_t length = 0; length < good.size(); ++length)
        EXPECT_FALSE(open_revocation_list(good.substr(0, length)).ok());
}

TEST_F(SignedLists, are_not_signed_when_nobody_would_take_them) {
    EXPECT_FALSE(sign_revocation_list(list_of(0), ca_).ok());
    RevocationList zero = list_of(1);
    zero.serials = {{key_of(1), 0}};
    EXPECT_FALSE(sign_revocation_list(zero, ca_).ok());
}

TEST_F(SignedLists, hold_a_hundred_thousand_keys_and_not_more_than_their_limit) {
    RevocationList list = list_of(1);
    SshPublicKey key;
    const auto fill = [&](std::uint32_t from, std::uint32_t to) {
        for (std::uint32_t i = from; i < to; ++i) {
            key.bytes = {static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8),
                         static_cast<std::uint8_t>(i >> 16)};
            list.keys.insert(key);
        }
    };
    fill(0, 100000);
    EXPECT_TRUE(open_revocation_list(sign(list)).ok());
    fill(100000, 120000);
    const auto large = sign_revocation_list(list, ca_);
    ASSERT_FALSE(large.ok());
    EXPECT_THAT(large.error().message(), HasSubstr("expected at most"));
}

TEST_F(SignedLists, can_be_verified_with_ssh_keygen) {
    const TempFolder folder;
    const std::string bytes = sign(sample());
    WireReader reader(bytes);
    const std::string payload(reader.string());
    const Outcome verified =
        run_program({"ssh-keygen", "-Y", "verify", "-f",
                     folder.write("allowed", "ca " + ca_.public_key().to_line("")), "-I", "ca",
                     "-n", "revocation@coax", "-s",
                     folder.write("list.sig", armor<std::string>(reader.string(), kSshsigLabel))},
                    payload);
    EXPECT_EQ(verified.exit_code, 0) << verified.output;
}

class Memory : public SignedLists {
  protected:
    RevocationMemory open() { return must(RevocationMemory::open(folder_.path("list"))); }
    TempFolder folder_;
};

TEST_F(Memory, begins_without_a_list) {
    const RevocationMemory memory = open();
    EXPECT_EQ(memory.list(), RevocationList());
    EXPECT_EQ(memory.bytes(), "");
}

TEST_F(Memory, takes_later_lists_and_keeps_them_over_a_restart) {
    RevocationMemory memory = open();
    for (const std::uint64_t version : {1, 2, 100}) {
        const std::string bytes = sign(list_of(version, {key_of(1)}));
        const auto offer = memory.offer(bytes, anchors_);
        EXPECT_TRUE(offer.taken);
        EXPECT_FALSE(offer.refused.has_value());
        EXPECT_EQ(memory.list().version, version);
        EXPECT_EQ(memory.bytes(), bytes);
    }
    const RevocationMemory again = open();
    EXPECT_EQ(again.list(), memory.list());
    EXPECT_EQ(again.bytes(), memory.bytes());
    EXPECT_EQ(folder_.mode_of("list"), 0644U);
}

TEST_F(Memory, refuses_lower_versions_and_other_lists_of_the_same) {
    RevocationMemory memory = open();
    ASSERT_TRUE(memory.offer(sign(list_of(5)), anchors_).taken);
    const auto same = memory.offer(sign(list_of(5)), anchors_);
    EXPECT_FALSE(same.taken);
    EXPECT_FALSE(same.refused.has_value());
    const auto lower = memory.offer(sign(list_of(4)), anchors_);
    EXPECT_FALSE(lower.taken);
    ASSERT_TRUE(lower.refused.has_value());
    EXPECT_EQ(lower.refused->reason, RefusalReason::kOldList);
    RevocationMemory again = open();
    const auto other = again.offer(sign(list_of(5, {key_of(1)})), anchors_);
    ASSERT_TRUE(other.refused.has_value());
    EXPECT_EQ(other.refused->reason, RefusalReason::kListReused);
    EXPECT_EQ(again.list(), list_of(5));
}

TEST_F(Memory, keeps_a_list_whose_ca_is_no_anchor_any_more) {
    RevocationMemory memory = open();
    ASSERT_TRUE(memory.offer(sign(list_of(5, {key_of(1)})), anchors_).taken);
    SshPrivateKey new_ca = make_key();
    const TrustAnchors anchors = anchors_of(new_ca.public_key());
    RevocationMemory again = open();
    EXPECT_EQ(again.list(), list_of(5, {key_of(1)}));
    EXPECT_TRUE(again.offer(must(sign_revocation_list(list_of(6), new_ca)), anchors).taken);
}

TEST_F(Memory, names_a_damaged_file) {
    const std::string texts[] = {"hello", armor<std::string>("hello", kRevocationLabel)};
    for (const std::string &text : texts) {
        (void)folder_.write("list", text);
        const auto memory = RevocationMemory::open(folder_.path("list"));
        ASSERT_FALSE(memory.ok());
        EXPECT_THAT(memory.error().message(), StartsWith(folder_.path("list") + ": "));
    }
}

TEST_F(Memory, has_the_later_list_in_force_also_when_the_disk_fails) {
    auto memory = must(RevocationMemory::open(folder_.path("missing/list")));
    EXPECT_TRUE(memory.offer(sign(list_of(5)), anchors_).taken);
    EXPECT_EQ(memory.list(), list_of(5));
    EXPECT_THAT(memory.unsaved(), HasSubstr("missing"));
}

TEST_F(Memory, writes_the_list_when_the_disk_is_well_again) {
    auto memory = must(RevocationMemory::open(folder_.path("later/list")));
    ASSERT_TRUE(memory.offer(sign(list_of(5)), anchors_).taken);
    EXPECT_FALSE(memory.offer(sign(list_of(5)), anchors_).taken) << "it is in force";
    EXPECT_FALSE(memory.save().ok());
    EXPECT_NE(memory.unsaved(), "");
    std::filesystem::create_directory(folder_.path("later"));
    ASSERT_TRUE(memory.save().ok());
    EXPECT_EQ(memory.unsaved(), "");
    EXPECT_EQ(must(RevocationMemory::open(folder_.path("later/list"))).list(), list_of(5));
}

} // namespace
} // namespace coax::test
