// SPDX-License-Identifier: Apache-2.0
#include "lib/store/etcd_fault.h"

#include <array>

#include <fmt/format.h>

#include "lib/base/text.h"

namespace coax {
namespace {

using Kind = EtcdFault::Kind;

struct Row {
    std::string_view text; // in etcd's message
    Kind kind;
    ErrorCode code;
    std::string_view advice;
};

// etcd 3.4, api/v3rpc/rpctypes
constexpr std::array kRows = {
    Row{"required revision has been compacted", Kind::kCompacted, ErrorCode::kNotFound, ""},
    Row{"required revision is a future revision", Kind::kFuture, ErrorCode::kNotFound, ""},
    Row{"lease already exists", Kind::kLeaseExists, ErrorCode::kExists, ""},
    Row{"requested lease not found", Kind::kFinal, ErrorCode::kNotFound, "grant another"},
    Row{"database space exceeded", Kind::kFinal, ErrorCode::kNoSpace,
        "nothing was changed: compact and defragment etcd, then `etcdctl alarm disarm`"},
    Row{"request is too large", Kind::kFinal, ErrorCode::kTooLarge,
        "run etcd with --max-request-bytes=1572864 or more"},
    Row{"too many operations in txn request", Kind::kFinal, ErrorCode::kTooLarge,
        "run etcd with --max-txn-ops=128 or more"},
    Row{"message larger than max", Kind::kFinal, ErrorCode::kTooLarge,
        "run etcd with --max-request-bytes=1572864 or more"},
    Row{"corrupt cluster", Kind::kFinal, ErrorCode::kCorrupt,
        "its members differ: see `etcdctl alarm list`"},
    Row{"invalid auth token", Kind::kRenewToken, ErrorCode::kPermission, ""},
    Row{"revision of auth store is old", Kind::kRenewToken, ErrorCode::kPermission, ""},
    Row{"user name is empty", Kind::kRenewToken, ErrorCode::kPermission,
        "etcd asks who we are: set user name and password"},
    Row{"authentication failed", Kind::kFinal, ErrorCode::kPermission,
        "check user name and password file"},
    Row{"authentication is not enabled", Kind::kFinal, ErrorCode::kPermission,
        "anybody may write there: run `etcdctl auth enable`, or set no user name"},
    Row{"permission denied", Kind::kFinal, ErrorCode::kPermission,
        "grant the user's role readwrite on our prefix"},
    Row{"too many requests", Kind::kElsewhere, ErrorCode::kUnavailable, ""},
};

Kind kind_of(grpc::StatusCode code) {
    switch (code) {
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::PERMISSION_DENIED:
    case grpc::StatusCode::UNIMPLEMENTED:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::DATA_LOSS:
        return Kind::kFinal;
    case grpc::StatusCode::UNAUTHENTICATED:
        return Kind::kRenewToken;
    default:
        return Kind::kElsewhere; // not reached, no leader, time-out, and what nobody foresaw
    }
}

ErrorCode error_code_of(grpc::StatusCode code) {
    switch (code) {
    case grpc::StatusCode::INVALID_ARGUMENT:
        return ErrorCode::kInvalid;
    case grpc::StatusCode::PERMISSION_DENIED:
    case grpc::StatusCode::UNAUTHENTICATED:
        return ErrorCode::kPermission;
    case grpc::StatusCode::UNIMPLEMENTED:
        return ErrorCode::kUnsupported;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
        return ErrorCode::kTooLarge;
    case grpc::StatusCode::DATA_LOSS:
        return ErrorCode::kCorrupt;
    default:
        return ErrorCode::kUnavailable;
    }
}

const Row *row_of(std::string_view text) {
    for (const auto &row : kRows) {
        if (text.find(row.text) != std::string_view::npos)
            return &row;
    }
    return nullptr;
}

EtcdFault from_row(const Row &row, std::string_view text) {
    return {row.kind, Error(row.code, fmt::format("etcd says {}{}{}", quoted(text),
                                                  row.advice.empty() ? "" : "; ", row.advice))};
}

} // namespace

EtcdFault etcd_fault(const grpc::Status &status) {
    const std::string text = status.error_message();
    if (const Row *row = row_of(text))
        return from_row(*row, text);
    return {kind_of(status.error_code()),
            Error(error_code_of(status.error_code()),
                  fmt::format("etcd: {} (gRPC code {})", quoted(text, 300),
                              static_cast<int>(status.error_code()))),
            status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED};
}

EtcdFault etcd_watch_fault(std::string_view cancel_reason) {
    const Row *row = row_of(cancel_reason);
    if (row != nullptr && row->code == ErrorCode::kPermission) {
        // etcd 3.4 refuses a watch with an old token in the same words as one without a right.
        EtcdFault fault = from_row(*row, cancel_reason);
        fault.kind = Kind::kRenewToken;
        return fault;
    }
    if (row != nullptr)
        return from_row(*row, cancel_reason);
    return {Kind::kElsewhere,
            Error(ErrorCode::kUnavailable,
                  fmt::format("etcd ended the watch: {}", quoted(cancel_reason, 300)))};
}

} // namespace coax
