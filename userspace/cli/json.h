// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <google/protobuf/message.h>
#include <nlohmann/json.hpp>

namespace coax::cli {

using Json = nlohmann::ordered_json;

/// Every field under its name in agent.proto, in the order of the field numbers, defaults included.
/// 64-bit integers are numbers (protobuf's own printer makes strings of them, which `jq` cannot add).
Json to_json(const google::protobuf::Message &message);

/// One line, or indented by two; ends with a newline. Bytes that are not UTF-8 are replaced.
std::string dump(const Json &json, bool one_line);

} // namespace coax::cli
