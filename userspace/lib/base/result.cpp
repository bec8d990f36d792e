// SPDX-License-Identifier: Apache-2.0
#include "lib/base/result.h"

#include <cerrno>
#include <system_error>

namespace coax {
namespace {

ErrorCode code_of(int error_number) {
    switch (error_number) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
    case ESRCH:
        return ErrorCode::kNotFound;
    case EEXIST:
        return ErrorCode::kExists;
    case EPERM:
    case EACCES:
    case EROFS:
        return ErrorCode::kPermission;
    case EOPNOTSUPP:
    case ENOSYS:
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
        return ErrorCode::kUnsupported;
    case EBUSY:
    case EADDRINUSE:
    case ETXTBSY:
        return ErrorCode::kBusy;
    case EAGAIN:
    case ECONNREFUSED:
    case ECONNRESET:
    case ETIMEDOUT:
        return ErrorCode::kUnavailable;
    default:
        return ErrorCode::kSystem;
    }
}

} // namespace

Error Error::from_errno(std::string_view what, int error_number) {
    std::string message(what);
    message += ": ";
    message += std::generic_category().message(error_number);
    return {code_of(error_number), std::move(message)};
}

Error Error::with_context(std::string_view context) const {
    std::string message(context);
    message += ": ";
    message += message_;
    return {code_, std::move(message)};
}

} // namespace coax
