// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

// The configuration file of a node that joins. Pure: text in, text out.
namespace coax::cli {

/// What the operator wants on this node apart from what joining says: a part of a coax.toml.
struct JoinBase {
    std::string text;
    bool has_underlay = false; // then its uplinks are there
    std::string state_dir;     // empty: the default
};

/// kInvalid when it is no TOML, or says what joining says: [node], [control], peers.
Result<JoinBase> parse_join_base(std::string text, std::string_view file);

struct JoinedNode {
    std::uint32_t node_id = 0;
    std::string name;
    std::string instance;
    std::vector<std::string> uplinks; // unless the base has them
    std::string network_id;
    std::string vtep_pool;
    std::vector<std::string> controllers;
    std::string identity; // path; empty: the default
    JoinBase base;
};

/// A whole coax.toml. kInvalid when the base contradicts the overlay's pool.
Result<std::string> compose_config(const JoinedNode &node);

/// Of a configuration file that is there: is it of a node that has joined?
struct PresentConfig {
    std::string name;
    std::uint32_t node_id = 0;
    std::string network_id; // empty: it follows no controller
};
Result<PresentConfig> parse_present_config(std::string_view text, std::string_view file);

} // namespace coax::cli
