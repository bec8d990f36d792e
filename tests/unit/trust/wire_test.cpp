// SPDX-License-Identifier: Apache-2.0
#include "lib/trust/wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/secret_bytes.h"

namespace coax {
namespace {

using std::string_literals::operator""s;
using testing::HasSubstr;

TEST(Wire, writes_as_rfc_4251_says) {
    WireWriter writer;
    writer.byte(0x29);
    writer.uint32(0x29b7f4aa);
    writer.uint64(0x0102030405060708);
    writer.string("testing");
    writer.string("");
    EXPECT_EQ(writer.take(), "\x29"
                             "\x29\xb7\xf4\xaa"
                             "\x01\x02\x03\x04\x05\x06\x07\x08"
                             "\0\0\0\x07testing"
                             "\0\0\0\0"s);
}

TEST(Wire, reads_what_it_wrote) {
    WireWriter writer;
    writer.byte(255);
    writer.uint32(0xfffffffe);
    writer.uint64(0xfffffffffffffffd);
    writer.string("a\0b"s);
    writer.string(std::array<std::uint8_t, 3>{1, 2, 255});
    WireReader reader(writer.bytes());
    EXPECT_EQ(reader.byte(), 255);
    EXPECT_EQ(reader.uint32(), 0xfffffffe);
    EXPECT_EQ(reader.uint64(), 0xfffffffffffffffd);
    EXPECT_EQ(reader.string(), "a\0b"s);
    EXPECT_FALSE(reader.done());
    EXPECT_EQ(reader.fixed_string<3>(), (std::array<std::uint8_t, 3>{1, 2, 255}));
    EXPECT_TRUE(reader.done());
    EXPECT_TRUE(reader.finish("x").ok());
}

TEST(Wire, writes_secrets_into_memory_that_is_wiped) {
    BasicWireWriter<SecretBytes> writer;
    writer.string("key");
    EXPECT_EQ(view_of(writer.bytes()), "\0\0\0\3key"s);
}

struct Broken {
    const char *name;
    std::string bytes;
};

class BrokenWire : public testing::TestWithParam<Broken> {};

TEST_P(BrokenWire, fails_and_gives_nothing_more) {
    WireReader reader(GetParam().bytes);
    (void)reader.fixed_string<2>();
    EXPECT_TRUE(reader.failed());
    EXPECT_TRUE(reader.done());
    EXPECT_EQ(reader.uint64(), 0U);
    EXPECT_EQ(reader.string(), "");
    EXPECT_EQ(reader.rest(), "");
    const Status status = reader.finish("the thing");
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code(), ErrorCode::kInvalid);
    EXPECT_THAT(status.error().message(), HasSubstr("the thing: cut short"));
}

INSTANTIATE_TEST_SUITE_P(Rows, BrokenWire,
                         testing::Values(Broken{"empty", ""}, Broken{"half_a_length", "\0\0"s},
                                         Broken{"missing_bytes", "\0\0\0\2a"s},
                                         Broken{"huge_length", "\xff\xff\xff\xff"s + "ab"},
                                         Broken{"too_short", "\0\0\0\1ab"s},
                                         Broken{"too_long", "\0\0\0\3abcdef"s}),
                         [](const auto &row) { return row.param.name; });

TEST(Wire, finds_bytes_behind_the_end) {
    const Status status = WireReader("abc").finish("the thing");
    ASSERT_FALSE(status.ok());
    EXPECT_THAT(status.error().message(), HasSubstr("expected its end, found 3 more bytes"));
}

} // namespace
} // namespace coax
