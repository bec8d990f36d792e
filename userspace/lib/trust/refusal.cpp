// SPDX-License-Identifier: Apache-2.0
#include "lib/trust/refusal.h"

#include <array>

#include <fmt/format.h>

namespace coax {
namespace {

constexpr std::array<std::string_view, kRefusalReasons> kNames = {
    "malformed",  "too_large",     "version",       "unsupported",     "bad_signature",
    "wrong_ca",   "wrong_type",    "no_principals", "wrong_principal", "critical_option",
    "expired",    "not_yet_valid", "revoked",       "wrong_network",   "other_node",
    "wrong_vtep", "old_epoch",     "epoch_reused",  "old_list",        "list_reused",
};
static_assert(static_cast<std::size_t>(RefusalReason::kListReused) + 1 == kNames.size());

RefusalReason reason_of(ErrorCode code) {
    switch (code) {
    case ErrorCode::kUnsupported:
        return RefusalReason::kUnsupported;
    case ErrorCode::kVersion:
        return RefusalReason::kVersion;
    case ErrorCode::kPermission:
        return RefusalReason::kBadSignature;
    default:
        return RefusalReason::kMalformed;
    }
}

} // namespace

std::string_view refusal_name(RefusalReason reason) {
    return kNames.at(static_cast<std::size_t>(reason));
}

Refusal refusal_of(const Error &error, std::string_view what) {
    return {reason_of(error.code()), fmt::format("{}: {}", what, error.message())};
}

} // namespace coax
