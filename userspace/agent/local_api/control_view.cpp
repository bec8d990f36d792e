// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "agent/control/control.h"
#include "agent/local_api/peer_facts.h"
#include "agent/local_api/views.h"

namespace coax {
namespace {

using State = FleetClient::State;

std::string state_label(State state) {
    switch (state) {
    case State::kConnecting:
        return "connecting";
    case State::kPending:
        return "pending";
    case State::kWelcome:
        return "welcome";
    case State::kRefused:
        return "refused";
    case State::kWaiting:
        return "waiting";
    }
    return "waiting";
}

std::string survives_text(const Control &control) {
    const SavedView &saved = control.saved();
    if (!saved.saved && saved.error.empty())
        return saved.pending ? "the first view is being saved"
                             : "nothing was taken from a controller yet";
    if (!saved.saved)
        return saved.error;
    if (saved.pending && saved.error.empty())
        return fmt::format("from the view saved at {}, a newer one is being saved",
                           time_text(saved.at));
    if (!saved.error.empty())
        return fmt::format("from the view of {}, a later one could not be saved: {}",
                           time_text(saved.at), saved.error);
    return fmt::format("from the view saved at {}", time_text(saved.at));
}

void fill(const SshCertificate &certificate, api::ControlCertificate &out) {
    const CertificateFacts &facts = certificate.facts;
    out.set_key(facts.key.fingerprint());
    out.set_ca(certificate.ca.fingerprint());
    out.set_serial(facts.serial);
    out.set_key_id(facts.key_id);
    for (const std::string &principal : facts.principals)
        out.add_principals(principal);
    out.set_valid_after(time_to_wire(facts.valid_after));
    out.set_valid_before(time_to_wire(facts.valid_before));
}

void fill(const Binding &binding, api::ControlBinding &out) {
    out.set_epoch(binding.epoch);
    out.set_not_before(time_to_wire(binding.not_before));
    out.set_expires(time_to_wire(binding.expires));
    for (const SocketAddress &endpoint : binding.endpoints)
        out.add_endpoints(endpoint.to_string());
    for (const PublicKey &key : binding.lane_keys)
        out.add_lane_keys(key.to_string());
    for (const PublicKey &key : binding.next_lane_keys)
        out.add_next_lane_keys(key.to_string());
}

std::int64_t age_ms(const Clock &clock, std::uint64_t boot_ns) {
    const auto age = clock.boot_now().time_since_epoch() - std::chrono::nanoseconds(boot_ns);
    return std::max<std::int64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(age).count(), 0);
}

/// What is known of a node by controllers' word.
void fill(const ClaimedNode &node, api::ControlPeer &out) {
    if (node.refused) {
        out.set_reason(node.refused->reason);
        out.set_text(node.refused->text);
    } else if (node.peer && node.peer->tolerated) {
        out.set_text("tolerated: " + node.peer->tolerated->message);
    }
    if (node.certificate)
        fill(*node.certificate, *out.mutable_certificate());
    if (node.peer)
        fill(node.peer->binding, *out.mutable_binding());
    if (!node.gone)
        return;
    out.set_gone(true);
    out.set_gone_why(node.gone->why);
    out.set_gone_text(node.gone->text);
    out.set_gone_since(time_to_wire(node.gone->since));
}

/// Everything that is a peer, and what is refused.
class PeerTable {
  public:
    PeerTable(const ViewSource &source, const std::string &only) : source_(source), only_(only) {}

    Status fill_into(api::Control &out) {
        COAX_TRY(add_peers());
        for (const auto &[id, node] : source_.control->claims().nodes())
            add_claim(id, node);
        for (auto &[id, row] : rows_)
            if (only_.empty() || row.name() == only_)
                *out.add_peers() = std::move(row);
        return {};
    }

  private:
    Status add_peers() {
        COAX_ASSIGN_OR_RETURN(const auto traffic, source_.datapath.node_stats());
        for (const PeerFacts &facts : peer_facts(source_, read_lanes(source_))) {
            const Peer &peer = *facts.peer;
            api::ControlPeer &row = rows_[peer.id];
            row.set_node_id(peer.id.value());
            row.set_name(peer.name);
            row.set_source(source_.control->file().peers.contains(peer.id) ? "file" : "controller");
            row.set_programmed(true);
            row.set_state(std::string(peer_state_label(facts.state())));
            row.set_last_rx_age_ms(-1);
            const auto found = traffic.find(source_.state.vtep_of(peer.id).v4_be());
            if (found != traffic.end() && found->second.last_rx_ns != 0)
                row.set_last_rx_age_ms(age_ms(source_.clock, found->second.last_rx_ns));
        }
        return {};
    }

    void add_claim(NodeId id, const ClaimedNode &node) {
        api::ControlPeer &row = rows_[id];
        const bool new_row = row.source().empty();
        if (new_row) {
            row.set_node_id(id.value());
            row.set_name(node.offered ? node.offered->name : node.accepted.name);
            row.set_source("controller");
            row.set_last_rx_age_ms(-1);
            row.set_state(std::string(peer_state_label(PeerState::kNever)));
        } else if (row.source() == "file") {
            row.set_source("file and controller");
        }
        fill(node, row);
    }

    const ViewSource &source_;
    const std::string &only_;
    std::map<NodeId, api::ControlPeer> rows_;
};

} // namespace

api::ControlStatus control_status(const Control &control) {
    api::ControlStatus out;
    out.set_state(state_label(control.stream_state()));
    out.set_controller(control.controller());
    out.set_text(control.why());
    out.set_network_id(control.file().control.network_id);
    out.set_store_id(control.store_id());
    out.set_revision(control.revision());
    const auto age = control.view_age();
    out.set_view_age_seconds(age ? age->count() : -1);
    for (const auto &[id, node] : control.claims().nodes()) {
        out.set_peers(out.peers() + (node.peer ? 1 : 0));
        out.set_refused(out.refused() + (node.refused ? 1 : 0));
        out.set_gone(out.gone() + (node.gone ? 1 : 0));
    }
    out.set_survives_reboot(control.saved().saved);
    out.set_survives_text(survives_text(control));
    const Identity &identity = control.identity();
    out.set_revocations_version(identity.revocations.list().version);
    out.set_certificate_seconds_left(-1);
    if (identity.certificate)
        out.set_certificate_seconds_left(
            std::max(time_left(identity.certificate->facts.valid_before, control.now()).left,
                     std::chrono::seconds(0))
                .count());
    return out;
}

Result<api::Control> control_view(const ViewSource &source, const api::ControlRequest &request) {
    api::Control out;
    if (source.control == nullptr)
        return out;
    const Control &control = *source.control;
    *out.mutable_status() = control_status(control);
    for (const std::string &address : control.file().control.controllers)
        out.add_controllers(address);
    out.set_identity(control.identity().key.public_key().fingerprint());
    if (control.identity().certificate)
        fill(*control.identity().certificate, *out.mutable_certificate());
    if (control.own_binding().binding())
        fill(*control.own_binding().binding(), *out.mutable_binding());
    for (const LeftOut &left : control.left_out())
        out.add_left_out(fmt::format("{}: {}", left.name, left.text));
    COAX_TRY(PeerTable(source, request.peer()).fill_into(out));
    return out;
}

} // namespace coax
