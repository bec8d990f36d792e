// SPDX-License-Identifier: Apache-2.0
#include "controller/registry/nodes.h"

#include <algorithm>

#include <fmt/format.h>

#include "controller/registry/keys.h"
#include "controller/registry/node_ids.h"
#include "controller/registry/topology.h"
#include "lib/base/text.h"

namespace coax::controller {
namespace {

// Of a report: what one value of the store has room for.
constexpr int kReportedPortsMax = 4096;
constexpr int kReportedRefusalsMax = 1024;
constexpr std::size_t kReportedTextMax = 400;

std::string id_text(NodeId id) {
    return fmt::format("{:08x}", id.value());
}

/// Of name/ or key/: which node has it.
Result<std::optional<record::Node>> follow(Change &change, const std::string &index) {
    COAX_ASSIGN_OR_RETURN(const std::optional<std::string> digits, change.read(index));
    if (!digits)
        return std::optional<record::Node>();
    const std::optional<NodeId> id = id_of(*digits);
    if (!id)
        return Error(ErrorCode::kCorrupt,
                     fmt::format("{}: expected a node id, found {}", index, coax::quoted(*digits)));
    return read_node(change, *id);
}

void cut(std::string &text) {
    if (text.size() > kReportedTextMax)
        text.resize(kReportedTextMax);
}

template <typename List>
void cut(List &list, int most) {
    if (list.size() > most)
        list.DeleteSubrange(most, list.size() - most);
}

/// Only what belongs into the store, bounded.
v1::Report bounded(v1::Report report) {
    report.clear_revocations();
    cut(*report.mutable_ports(), kReportedPortsMax);
    cut(*report.mutable_refused(), kReportedRefusalsMax);
    for (v1::PortState &port : *report.mutable_ports()) {
        cut(*port.mutable_name());
        cut(*port.mutable_error());
        cut(*port.mutable_mac());
    }
    for (v1::RefusedNode &refused : *report.mutable_refused()) {
        cut(*refused.mutable_reason());
        cut(*refused.mutable_text());
    }
    cut(*report.mutable_store_id());
    return report;
}

/// Lists that a report leaves out are as they were.
void keep_unsaid(v1::Report &report, const v1::Report &before) {
    if (!report.has_ports()) {
        *report.mutable_ports() = before.ports();
        report.set_has_ports(before.has_ports());
    }
    if (!report.has_refused()) {
        *report.mutable_refused() = before.refused();
        report.set_has_refused(before.has_refused());
    }
}

} // namespace

Result<std::optional<record::Node>> read_node(Change &change, NodeId id) {
    return change.read<record::Node>(node_key(id));
}

Result<std::optional<record::Node>> read_node_by_name(Change &change, std::string_view name) {
    return follow(change, name_key(name));
}

Result<std::optional<record::Node>> read_node_by_identity(Change &change, const SshPublicKey &key) {
    return follow(change, identity_key(key));
}

std::string fingerprint_of(const std::string &public_key) {
    SshPublicKey key;
    if (public_key.size() != key.bytes.size())
        return "no key";
    std::copy(public_key.begin(), public_key.end(), key.bytes.begin());
    return key.fingerprint();
}

Status add_node(Change &change, const record::Node &node) {
    const NodeId id(node.id());
    SshPublicKey key;
    std::copy_n(node.public_key().begin(), key.bytes.size(), key.bytes.begin());
    COAX_ASSIGN_OR_RETURN(const auto ids, change.read<record::NodeIds>(std::string(kNodeIdsKey)));
    record::NodeIds used = ids.value_or(record::NodeIds());
    use_id(used, id);
    change.put(std::string(kNodeIdsKey), used);
    change.put(node_key(id), node);
    change.put(name_key(node.name()), id_text(id));
    change.put(identity_key(key), id_text(id));
    return {};
}

Result<record::Node> NodeRegistry::get(std::string_view name) {
    ChangeBatch nothing(writer_.store());
    Change change(writer_.store(), nothing);
    COAX_ASSIGN_OR_RETURN(std::optional<record::Node> node, read_node_by_name(change, name));
    if (!node)
        return Error(
            ErrorCode::kNotFound,
            fmt::format("there is no node {}; `coax nodes` lists them", coax::quoted(name)));
    return std::move(*node);
}

Result<Revision> NodeRegistry::remove(const std::string &name, const std::string &who) {
    return writer_.commit(who, [&](Change &change) -> Status {
        COAX_ASSIGN_OR_RETURN(const auto node, read_node_by_name(change, name));
        COAX_ASSIGN_OR_RETURN(const auto pending, change.read<record::Pending>(pending_key(name)));
        if (!node && !pending)
            return Error(
                ErrorCode::kNotFound,
                fmt::format("there is no node {}; `coax nodes` lists them", coax::quoted(name)));
        if (pending)
            change.remove(pending_key(name));
        if (node)
            COAX_TRY(remove_node(change, *node));
        change.note(
            "node.remove", "node " + name,
            node ? fmt::format("id {}, key {}", node->id(), fingerprint_of(node->public_key()))
                 : "waited for approval, key " + fingerprint_of(pending->public_key()));
        return {};
    });
}

Status NodeRegistry::remove_node(Change &change, const record::Node &node) {
    const NodeId id(node.id());
    SshPublicKey key;
    if (node.public_key().size() == key.bytes.size())
        std::copy(node.public_key().begin(), node.public_key().end(), key.bytes.begin());
    COAX_ASSIGN_OR_RETURN(const auto ids, change.read<record::NodeIds>(std::string(kNodeIdsKey)));
    record::NodeIds used = ids.value_or(record::NodeIds());
    free_id(used, id);
    change.put(std::string(kNodeIdsKey), used);
    change.remove(node_key(id));
    change.remove(name_key(node.name()));
    change.remove(identity_key(key));
    change.remove(report_key(id));
    change.remove(online_key(id));
    return remove_from_topology(change, id);
}

Status NodeRegistry::report(NodeId id, const v1::Report &report) {
    const v1::Report said = bounded(report);
    const auto done = writer_.commit("", [&](Change &change) -> Status {
        COAX_ASSIGN_OR_RETURN(const auto node, change.read(node_key(id)));
        if (!node) // nothing of a node that was removed may come back
            return Error(ErrorCode::kNotFound, fmt::format("there is no node {}", id.value()));
        COAX_ASSIGN_OR_RETURN(const auto before, change.read<record::Report>(report_key(id)));
        record::Report now;
        *now.mutable_report() = said;
        if (before)
            keep_unsaid(*now.mutable_report(), before->report());
        now.set_when(time_to_wire(writer_.now()));
        change.put(report_key(id), now);
        return {};
    });
    return done.ok() ? Status() : done.error();
}

} // namespace coax::controller
