// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>

#include <asio/io_context.hpp>
#include <grpcpp/impl/service_type.h>

namespace coax::controller {

class FleetHub;

/// The largest message of an agent: a report with a revocation list.
constexpr std::size_t kFleetMessageMaxBytes = std::size_t{1024 + 256} * 1024;

/// Fleet over gRPC. Its threads only parse and hand over to the loop, where the hub is.
/// The server must have ended all calls, and the loop must be done with them, before the hub goes.
std::unique_ptr<grpc::Service> make_fleet_service(asio::io_context &loop, FleetHub &hub);

} // namespace coax::controller
