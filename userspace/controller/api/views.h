// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "controller.pb.h"
#include "controller/registry/model.h"

// What is in the store, as operators see it. Pure.
namespace coax::controller {

v1::NodeInfo node_info(const Model &model, const record::Node &node);
v1::Nodes nodes_view(const Model &model); // by id; who waits for approval at the end
v1::Networks networks_view(const Model &model);
v1::ControllerPorts ports_view(const Model &model);
v1::Token token_view(const record::Token &token);
/// Numbers only.
void add_counts(const Model &model, v1::ControllerStatus &status);

} // namespace coax::controller
