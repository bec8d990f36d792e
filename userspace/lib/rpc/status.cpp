// SPDX-License-Identifier: Apache-2.0
#include "lib/rpc/status.h"

namespace coax {
namespace {

grpc::StatusCode code_of(ErrorCode code) {
    switch (code) {
    case ErrorCode::kInvalid:
        return grpc::StatusCode::INVALID_ARGUMENT;
    case ErrorCode::kNotFound:
        return grpc::StatusCode::NOT_FOUND;
    case ErrorCode::kExists:
        return grpc::StatusCode::ALREADY_EXISTS;
    case ErrorCode::kPermission:
        return grpc::StatusCode::PERMISSION_DENIED;
    case ErrorCode::kUnsupported:
        return grpc::StatusCode::UNIMPLEMENTED;
    case ErrorCode::kBusy:
    case ErrorCode::kUnavailable:
        return grpc::StatusCode::UNAVAILABLE;
    case ErrorCode::kVersion:
        return grpc::StatusCode::FAILED_PRECONDITION;
    case ErrorCode::kConflict:
        return grpc::StatusCode::ABORTED;
    case ErrorCode::kTooLarge:
    case ErrorCode::kNoSpace:
        return grpc::StatusCode::RESOURCE_EXHAUSTED;
    case ErrorCode::kCorrupt:
        return grpc::StatusCode::DATA_LOSS;
    case ErrorCode::kSystem:
        return grpc::StatusCode::INTERNAL;
    }
    return grpc::StatusCode::INTERNAL;
}

} // namespace

grpc::Status rpc_status(const Error &error) {
    return {code_of(error.code()), error.message()};
}

} // namespace coax
