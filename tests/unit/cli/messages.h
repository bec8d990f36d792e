// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent.pb.h"

// Answers of an agent to render: a small healthy node, and the longest values a field can hold.
namespace coax::test {

namespace api = coax::agent::v1;

api::Status small_status();
api::Status degraded_status();
api::Status worst_status();

api::Peers small_peers();
api::Peers worst_peers();

api::Ports small_ports();
api::Ports worst_ports();

api::Fdb small_fdb();
api::Fdb worst_fdb();

api::Drops small_drops();
api::Drops worst_drops();

api::Keys small_keys();

} // namespace coax::test
