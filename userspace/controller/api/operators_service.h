// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include <grpcpp/impl/codegen/service_type.h>

#include "controller/api/operators.h"
#include "controller/api/sessions.h"
#include "lib/base/log.h"
#include "lib/base/result.h"

namespace coax::controller {

/// Larger messages of operators are refused unread; a revocation list has to fit.
inline constexpr int kOperatorMessageMax = 2 * 1024 * 1024;

/// The service for a TLS listener: everything but the log-in needs a session, and what changes
/// something that of an operator. Changes are logged. Borrows both.
std::unique_ptr<grpc::Service> make_operators_service(Operators &operators, Sessions &sessions,
                                                      Log log);

/// The service on a unix socket, mode 0660, group coax where that group exists: who may open it is
/// an operator, and called "socket" (gRPC does not tell whose process it is).
/// Threads: gRPC's own. Ownership: the socket file; borrows `operators`. Destruction lets calls that
/// are being answered finish.
class OperatorsSocket {
  public:
    virtual ~OperatorsSocket() = default;
    /// A socket file nobody listens on is replaced.
    static Result<std::unique_ptr<OperatorsSocket>> start(Operators &operators,
                                                          const std::string &path, Log log);
};

} // namespace coax::controller
