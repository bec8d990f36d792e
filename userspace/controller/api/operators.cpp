// SPDX-License-Identifier: Apache-2.0
#include "controller/api/operators.h"

#include "controller/api/views.h"
#include "controller/registry/audit.h"
#include "controller/registry/cluster.h"
#include "controller/registry/keys.h"

namespace coax::controller {
namespace {

/// As it is in the store at this moment, below these prefixes.
Result<Model> read_model(Store &store, std::initializer_list<std::string_view> prefixes) {
    Model model;
    for (const std::string_view prefix : prefixes) {
        COAX_ASSIGN_OR_RETURN(const StoreListing listing, store.list(prefix));
        for (const StoreEntry &entry : listing.entries)
            COAX_TRY(model.apply(entry));
        model.advance(listing.revision);
    }
    return model;
}

Result<Model> read_nodes(Store &store) {
    return read_model(store, {kNodePrefix, kOnlinePrefix, kReportPrefix, kPendingPrefix});
}

} // namespace

/// A change that changed nothing has the revision of what is there.
Result<v1::Changed> Operators::changed(Result<Revision> revision) {
    if (!revision.ok())
        return revision.error();
    v1::Changed changed;
    changed.set_revision(revision->value());
    if (changed.revision() == 0) {
        COAX_ASSIGN_OR_RETURN(const StoreFound found, writer_.store().get(kClusterKey));
        changed.set_revision(found.revision.value());
    }
    return changed;
}

Result<v1::ControllerStatus> Operators::status(const v1::ControllerStatusRequest & /*request*/,
                                               const std::string & /*who*/) {
    v1::ControllerStatus status;
    options_.local_status(status);
    status.set_auto_admit(admissions_.auto_admit());
    status.set_now(time_to_wire(writer_.now()));
    const auto model =
        read_model(writer_.store(), {kClusterKey, kRevocationsKey, kNodePrefix, kOnlinePrefix,
                                     kPendingPrefix, kNetworkPrefix, kPortPrefix});
    if (model.ok())
        add_counts(*model, status);
    else // told, not failed: the status is for such days
        status.set_store_error(model.error().message());
    return status;
}

Result<v1::Nodes> Operators::nodes(const v1::NodesRequest & /*request*/,
                                   const std::string & /*who*/) {
    COAX_ASSIGN_OR_RETURN(const Model model, read_nodes(writer_.store()));
    v1::Nodes nodes = nodes_view(model);
    options_.raise_applied(nodes);
    return nodes;
}

Result<v1::NodeInfo> Operators::approve(const v1::ApproveNodeRequest &request,
                                        const std::string &who) {
    COAX_ASSIGN_OR_RETURN(const record::Node node, admissions_.approve(request, who));
    COAX_ASSIGN_OR_RETURN(const Model model, read_nodes(writer_.store()));
    return node_info(model, node);
}

Result<v1::Changed> Operators::remove_node(const v1::RemoveNodeRequest &request,
                                           const std::string &who) {
    return changed(nodes_.remove(request.name(), who));
}

Result<v1::Networks> Operators::networks(const v1::NetworksRequest & /*request*/,
                                         const std::string & /*who*/) {
    COAX_ASSIGN_OR_RETURN(const Model model, read_model(writer_.store(), {kNetworkPrefix}));
    return networks_view(model);
}

Result<v1::Changed> Operators::put_network(const v1::PutNetworkRequest &request,
                                           const std::string &who) {
    return changed(topology_.put_network(request, who));
}

Result<v1::Changed> Operators::remove_network(const v1::RemoveNetworkRequest &request,
                                              const std::string &who) {
    return changed(topology_.remove_network(request.name(), who));
}

Result<v1::ControllerPorts> Operators::ports(const v1::ControllerPortsRequest & /*request*/,
                                             const std::string & /*who*/) {
    COAX_ASSIGN_OR_RETURN(const Model model,
                          read_model(writer_.store(), {kNodePrefix, kPortPrefix, kReportPrefix}));
    return ports_view(model);
}

Result<v1::Changed> Operators::put_port(const v1::PutPortRequest &request, const std::string &who) {
    return changed(topology_.put_port(request, who));
}

Result<v1::Changed> Operators::remove_port(const v1::RemovePortRequest &request,
                                           const std::string &who) {
    return changed(topology_.remove_port(request, who));
}

Result<v1::Tokens> Operators::tokens(const v1::TokensRequest & /*request*/,
                                     const std::string & /*who*/) {
    ChangeBatch nothing(writer_.store());
    Change reading(writer_.store(), nothing);
    COAX_ASSIGN_OR_RETURN(const auto records, reading.list<record::Token>(kTokenPrefix));
    v1::Tokens tokens;
    for (const record::Token &record : records)
        *tokens.add_tokens() = token_view(record);
    return tokens;
}

Result<v1::CreatedToken> Operators::create_token(const v1::CreateTokenRequest &request,
                                                 const std::string &who) {
    ChangeBatch nothing(writer_.store());
    Change reading(writer_.store(), nothing);
    COAX_ASSIGN_OR_RETURN(const record::Cluster cluster, read_cluster(reading));
    COAX_ASSIGN_OR_RETURN(const TokenRegistry::Created created, tokens_.create(request, who));
    v1::CreatedToken reply;
    *reply.mutable_token() = token_view(created.token);
    reply.set_secret(created.secret);
    reply.set_network_id(cluster.network_id());
    for (const std::string &controller : options_.controllers)
        reply.add_controllers(controller);
    reply.set_tls_certificate(options_.tls_certificate);
    return reply;
}

Result<v1::Changed> Operators::remove_token(const v1::RemoveTokenRequest &request,
                                            const std::string &who) {
    return changed(tokens_.remove(request.id(), who));
}

Result<v1::Revocations> Operators::revocations(const v1::RevocationsRequest & /*request*/,
                                               const std::string & /*who*/) {
    v1::Revocations reply;
    COAX_ASSIGN_OR_RETURN(*reply.mutable_list(), revocations_.get());
    return reply;
}

Result<v1::Changed> Operators::put_revocations(const v1::Revocations &request,
                                               const std::string &who) {
    const auto anchors = anchors_();
    return changed(revocations_.put(request.list(), *anchors, who));
}

Result<v1::Audit> Operators::audit(const v1::AuditRequest &request, const std::string & /*who*/) {
    return list_audit(writer_.store(), request);
}

} // namespace coax::controller
