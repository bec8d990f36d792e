// SPDX-License-Identifier: Apache-2.0
#include "controller/api/views.h"

#include <algorithm>

#include "lib/trust/binding.h"
#include "lib/trust/revocation_list.h"
#include "lib/trust/ssh_certificate.h"

namespace coax::controller {
namespace {

void add_binding(const std::string &bytes, v1::NodeInfo &info) {
    const auto opened = open_binding(bytes);
    if (!opened.ok())
        return; // none yet
    const Binding &binding = opened->binding;
    info.set_vtep(binding.vtep.to_string());
    for (const SocketAddress &endpoint : binding.endpoints)
        info.add_endpoints(endpoint.to_string());
    info.set_epoch(binding.epoch);
    info.set_binding_expires(time_to_wire(binding.expires));
}

v1::NodeInfo pending_info(const record::Pending &pending) {
    v1::NodeInfo info;
    info.set_id(pending.node_id());
    info.set_name(pending.name());
    info.set_state("pending");
    info.set_public_key(pending.public_key());
    info.set_version(pending.version());
    info.set_last_seen(pending.since());
    return info;
}

const v1::PortState *state_of(const Model &model, const PortKey &key) {
    const auto report = model.reports().find(key.first);
    if (report == model.reports().end())
        return nullptr;
    for (const v1::PortState &state : report->second.report().ports())
        if (state.name() == key.second)
            return &state;
    return nullptr;
}

} // namespace

v1::NodeInfo node_info(const Model &model, const record::Node &node) {
    v1::NodeInfo info;
    info.set_id(node.id());
    info.set_name(node.name());
    info.set_public_key(node.public_key());
    info.set_certificate(node.certificate());
    info.set_lanes(node.lanes());
    info.set_version(node.version());
    info.set_kernel(node.kernel());
    info.set_backend(node.backend());
    add_binding(node.binding(), info);
    if (const auto certificate = SshCertificate::from_blob(node.certificate()); certificate.ok())
        info.set_certificate_expires(time_to_wire(certificate->facts.valid_before));
    const auto online = model.online().find(NodeId(node.id()));
    info.set_state(online == model.online().end() ? "offline" : "online");
    if (online != model.online().end()) {
        info.set_controller(online->second.controller());
        info.set_last_seen(online->second.since());
    }
    if (const auto report = model.reports().find(NodeId(node.id()));
        report != model.reports().end()) {
        info.set_last_seen(std::max<std::uint64_t>(info.last_seen(), report->second.when()));
        info.set_applied_revision(report->second.report().revision());
        *info.mutable_refuses() = report->second.report().refused();
    }
    return info;
}

v1::Nodes nodes_view(const Model &model) {
    v1::Nodes nodes;
    for (const auto &[id, node] : model.nodes())
        *nodes.add_nodes() = node_info(model, node);
    for (const auto &[name, pending] : model.pending())
        *nodes.add_nodes() = pending_info(pending);
    return nodes;
}

v1::Networks networks_view(const Model &model) {
    v1::Networks networks;
    for (const auto &[name, network] : model.networks())
        *networks.add_networks() = network;
    return networks;
}

v1::ControllerPorts ports_view(const Model &model) {
    v1::ControllerPorts ports;
    for (const auto &[key, port] : model.ports()) {
        v1::ControllerPort &view = *ports.add_ports();
        *view.mutable_port() = port;
        if (const record::Node *node = model.node(key.first); node != nullptr)
            view.set_node(node->name());
        if (const v1::PortState *state = state_of(model, key); state != nullptr) {
            view.set_reported(true);
            view.set_error(state->error());
            view.set_mac(state->mac());
        }
    }
    return ports;
}

v1::Token token_view(const record::Token &token) {
    v1::Token view;
    view.set_id(token.id());
    view.set_comment(token.comment());
    view.set_uses_left(token.uses_left());
    view.set_created(token.created());
    view.set_expires(token.expires());
    view.set_created_by(token.created_by());
    for (const record::Token::Use &use : token.used_by())
        view.add_used_by(use.name());
    return view;
}

void add_counts(const Model &model, v1::ControllerStatus &status) {
    status.set_nodes(static_cast<std::uint32_t>(model.nodes().size()));
    status.set_nodes_online(static_cast<std::uint32_t>(model.online().size()));
    status.set_pending(static_cast<std::uint32_t>(model.pending().size()));
    status.set_networks(static_cast<std::uint32_t>(model.networks().size()));
    status.set_ports(static_cast<std::uint32_t>(model.ports().size()));
    status.set_revision(model.revision().value());
    if (model.cluster()) {
        status.set_network_id(model.cluster()->network_id());
        status.set_vtep_pool(model.cluster()->vtep_pool());
        status.set_store_id(model.cluster()->store_id());
    }
    if (const auto list = open_revocation_list(model.revocations()); list.ok())
        status.set_revocations_version(list->list.version);
}

} // namespace coax::controller
