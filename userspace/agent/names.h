// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace coax {

// Names of the devices of one instance, and the link aliases by which the agent knows its own. Lanes
// are counted by slot: those of the second keys from COAX_LANES_MAX on (peers/lane_config.h).

std::string lane_device(std::string_view instance, std::uint32_t slot); // "n1-wg0"
std::string handover_device(std::string_view instance);                 // "n1-hand"
/// Agent's end of a port: "n1-p" and a hash of the port's name, 15 characters at most. `attempt`
/// gives another name when that one is taken.
std::string port_device(std::string_view instance, std::string_view port, std::uint32_t attempt);
bool is_port_device(std::string_view instance, std::string_view device);

std::string lane_alias(std::string_view instance, std::uint32_t slot); // "coax n1 lane 0"
std::string handover_alias(std::string_view instance);                 // "coax n1 handover"
std::string port_alias(std::string_view instance, std::string_view port);
/// True for every link this instance made.
bool is_own_alias(std::string_view instance, std::string_view alias);
/// The port of "coax n1 port red-c1", the slot of "coax n1 lane 0"; absent for anything else.
std::optional<std::string> port_of_alias(std::string_view instance, std::string_view alias);
std::optional<std::uint32_t> lane_of_alias(std::string_view instance, std::string_view alias);

/// FNV-1a; the id of a port in the tables, independent of the order in the configuration.
std::uint32_t stable_id(std::string_view name);

} // namespace coax
