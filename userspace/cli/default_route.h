// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace coax::cli {

/// Interface of the default route with the lowest metric in /proc/net/route, or if there is none in
/// /proc/net/ipv6_route (proc(5)); empty when there is none in either.
std::string default_route_interface(std::string_view ipv4_routes, std::string_view ipv6_routes);

} // namespace coax::cli
