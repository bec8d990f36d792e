// SPDX-License-Identifier: Apache-2.0
#include "lib/base/result.h"

#include <cerrno>
#include <memory>

#include <gtest/gtest.h>

namespace coax {
namespace {

Result<int> half(int value) {
    if (value % 2 != 0)
        return Error(ErrorCode::kInvalid, "expected an even number");
    return value / 2;
}

Result<int> quarter(int value) {
    COAX_ASSIGN_OR_RETURN(const int once, half(value));
    COAX_ASSIGN_OR_RETURN(const int twice, half(once));
    return twice;
}

Status check_even(int value) {
    COAX_TRY(half(value));
    return {};
}

TEST(Result, holds_a_value) {
    const auto result = quarter(12);
    ASSERT_TRUE(result.ok());
    EXPECT_EQ(*result, 3);
}

TEST(Result, propagates_the_error_of_any_step) {
    EXPECT_EQ(quarter(3).error().code(), ErrorCode::kInvalid);
    EXPECT_EQ(quarter(6).error().message(), "expected an even number");
    EXPECT_TRUE(check_even(2).ok());
    EXPECT_FALSE(check_even(1).ok());
}

TEST(Result, carries_values_that_only_move) {
    Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
    const std::unique_ptr<int> moved = std::move(result).value();
    EXPECT_EQ(*moved, 7);
}

TEST(Error, adds_context_in_front_and_keeps_the_code) {
    const Error error = Error(ErrorCode::kBusy, "port 1 is taken").with_context("start lane 0");
    EXPECT_EQ(error.code(), ErrorCode::kBusy);
    EXPECT_EQ(error.message(), "start lane 0: port 1 is taken");
}

struct ErrnoRow {
    const char *name;
    int error_number;
    ErrorCode code;
};

class ErrnoTest : public testing::TestWithParam<ErrnoRow> {};

TEST_P(ErrnoTest, maps_to_the_closest_code) {
    EXPECT_EQ(Error::from_errno("do it", GetParam().error_number).code(), GetParam().code);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, ErrnoTest,
    testing::Values(ErrnoRow{"missing_file", ENOENT, ErrorCode::kNotFound},
                    ErrnoRow{"missing_device", ENODEV, ErrorCode::kNotFound},
                    ErrnoRow{"exists", EEXIST, ErrorCode::kExists},
                    ErrnoRow{"not_permitted", EPERM, ErrorCode::kPermission},
                    ErrnoRow{"access", EACCES, ErrorCode::kPermission},
                    ErrnoRow{"not_supported", EOPNOTSUPP, ErrorCode::kUnsupported},
                    ErrnoRow{"no_system_call", ENOSYS, ErrorCode::kUnsupported},
                    ErrnoRow{"busy", EBUSY, ErrorCode::kBusy},
                    ErrnoRow{"address_in_use", EADDRINUSE, ErrorCode::kBusy},
                    ErrnoRow{"refused", ECONNREFUSED, ErrorCode::kUnavailable},
                    ErrnoRow{"invalid", EINVAL, ErrorCode::kSystem},
                    ErrnoRow{"no_space", ENOSPC, ErrorCode::kSystem}),
    [](const auto &row) { return row.param.name; });

TEST(Error, names_what_was_attempted_and_the_errno_text) {
    EXPECT_EQ(Error::from_errno("open /x", ENOENT).message(), "open /x: No such file or directory");
}

} // namespace
} // namespace coax
