// SPDX-License-Identifier: Apache-2.0
// What a failed call to etcd means.
#pragma once

#include <string_view>

#include <grpcpp/support/status.h>

#include "lib/base/result.h"

namespace coax {

struct EtcdFault {
    enum class Kind {
        kFinal,      // asking again changes nothing
        kRenewToken, // this token is of no use any more
        kElsewhere,  // ask another member; of a write: it may have happened
        kCompacted,  // the revision is too old
        kFuture,     // the revision is too new
        kLeaseExists,
    };
    Kind kind;
    Error error;
    bool timed_out = false; // nothing is known of the reason
};

/// `status` is not OK. By gRPC's code and, where that is ambiguous, etcd's text.
EtcdFault etcd_fault(const grpc::Status &status);
/// Of a watch that the server ended.
EtcdFault etcd_watch_fault(std::string_view cancel_reason);

} // namespace coax
