// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/support/status.h>

#include "lib/base/result.h"

namespace coax {

/// An error of ours as gRPC has it, with its text.
grpc::Status rpc_status(const Error &error);

} // namespace coax
