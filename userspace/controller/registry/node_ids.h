// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "lib/base/types.h"
#include "store.pb.h"

// Which node ids are given out.
namespace coax::controller {

[[nodiscard]] bool is_used(const record::NodeIds &ids, NodeId id);
/// From 1 on; absent when all of the pool are used.
std::optional<NodeId> lowest_free(const record::NodeIds &ids, const IpPrefix &pool);

void use_id(record::NodeIds &ids, NodeId id);
void free_id(record::NodeIds &ids, NodeId id);

} // namespace coax::controller
