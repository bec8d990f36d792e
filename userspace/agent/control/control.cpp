// SPDX-License-Identifier: Apache-2.0
#include "agent/control/control.h"

#include <random>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <sodium.h>

#include "agent/control/record.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/control/hello.h"

namespace coax {
namespace {

namespace proto = controller::v1;
using std::chrono::seconds;

constexpr seconds kTick{5};
constexpr std::chrono::milliseconds kRumourTick{500};
constexpr std::uint32_t kRecheckTicks = 12; // a minute: certificates run out, clocks are set
constexpr std::uint32_t kRefusalsLogged = 20;
constexpr seconds kRefusalWindow{10};
constexpr std::uint32_t kDirectoryMode = 0700;

std::string control_folder(const DesiredState &state) {
    return state.agent.state_dir + "/control";
}

std::string record_path(const DesiredState &state) {
    return control_folder(state) + "/view";
}

Claims::Self self_of(const DesiredState &state, const Identity &identity) {
    return {state.node.id, state.node.name, identity.key.public_key(), state.control.network_id,
            state.overlay.vtep_pool};
}

/// 0..1, the same for a node at every start.
double spread_of(const SshPublicKey &key) {
    constexpr double kByteMax = 255;
    return key.bytes.front() / kByteMax;
}

} // namespace

Result<std::unique_ptr<Control>> Control::start(Needs needs, DesiredStatePtr file) {
    COAX_TRY(ensure_directory(control_folder(*file), kDirectoryMode));
    COAX_ASSIGN_OR_RETURN(Identity identity, Identity::load(*file));
    std::unique_ptr<Control> control(
        new Control(std::move(needs), std::move(file), std::move(identity)));
    control->restore();
    control->merged_ = merge(*control->file_, control->claims_, control->overlay_);
    COAX_TRY(control->follow());
    control->tell_rumour();
    control->needs_.mail.listen(
        [self = control.get()](NodeId from, Mail::Text text) { self->rumour_.heard(from, text); });
    control->tick();
    control->pass_rumours();
    return control;
}

Control::Control(Needs needs, DesiredStatePtr file, Identity identity)
    : needs_(std::move(needs)),
      file_(std::move(file)),
      identity_(std::move(identity)),
      own_(spread_of(identity_.key.public_key())),
      claims_(self_of(*file_, identity_),
              [this](NodeId id, const std::string &name, const ClaimRefusal &refusal) {
                  refused(id, name, refusal);
              }),
      overlay_(file_->node.id),
      merged_{file_, {}},
      refusal_log_(needs_.clock, kRefusalsLogged, kRefusalWindow),
      saver_(needs_.loop, needs_.clock, needs_.log, [this] { return save(); }),
      rumour_(
          needs_.mail, needs_.clock,
          [this](NodeId from, const std::string &bytes) { return take_rumour(from, bytes); },
          std::random_device()()),
      tick_(needs_.loop),
      rumour_tick_(needs_.loop) {
    reserve_keys();
    // A counter that begins with its first event hides it from rate().
    for (std::size_t i = 0; i < kRefusalReasons; ++i)
        refused_counts_.emplace(refusal_name(static_cast<RefusalReason>(i)), 0);
    for (const char *reason :
         {ClaimRefusal::kKeyInUse, ClaimRefusal::kOwnPlace, ClaimRefusal::kTooMany})
        refused_counts_.emplace(reason, 0);
}

UnixTime Control::now() const {
    return std::chrono::floor<seconds>(needs_.clock.system_now());
}

ClaimTrust Control::trust() const {
    const bool cut = file_->control.on_expiry == ExpiryChoice::kCut;
    return {identity_.anchors, identity_.revocations.list(), cut ? OnExpiry::kCut : OnExpiry::kWarn,
            now()};
}

void Control::reserve_keys() {
    std::map<PublicKey, NodeId> keys;
    for (const KeySet set : kKeySets)
        for (std::uint32_t lane = 0; needs_.keys.has(set) && lane < needs_.keys.size(); ++lane)
            keys.emplace(needs_.keys.public_key(set, lane), file_->node.id);
    for (const auto &[id, peer] : file_->peers)
        for (const PublicKey &key : peer.keys)
            keys.emplace(key, id);
    claims_.reserve(std::move(keys));
}

void Control::restore() {
    auto read = read_record(record_path(*file_));
    if (!read.ok()) {
        record_error_ = read.error().message();
        return;
    }
    if (!read.value() || (*read)->network_id() != file_->control.network_id)
        return;
    const agent::v1::ViewRecord &record = **read;
    for (const agent::v1::KeptNode &kept : record.nodes()) {
        auto node = from_record(kept);
        if (node.ok())
            claims_.restore(NodeId(kept.id()), std::move(node).value(), trust());
    }
    proto::Update update;
    *update.mutable_networks() = record.networks();
    *update.mutable_ports() = record.ports();
    *update.mutable_endpoints() = record.endpoints();
    overlay_.take(update, true);
    own_.restore(record.own_binding(), record.own_epoch());
    store_id_ = record.store_id();
    revision_ = record.revision();
    const UnixTime at = time_from_wire(record.saved_at());
    saver_.restored(at);
    heard_at_ = at;
    needs_.log.info(
        "control.view_restored",
        {{"nodes", claims_.nodes().size()}, {"revision", revision_}, {"saved", time_text(at)}});
}

Status Control::follow() {
    FleetClient::Handlers handlers;
    handlers.hello = [this](const proto::Challenge &challenge) { return hello(challenge); };
    handlers.welcome = [this](const proto::Welcome &message) { welcome(message); };
    handlers.update = [this](const proto::Update &part) { update(part); };
    handlers.state = [this](FleetClient::State state, const std::string &controller,
                            const std::string &why) { stream_changed(state, controller, why); };
    COAX_ASSIGN_OR_RETURN(
        client_,
        FleetClient::start(needs_.loop, {file_->control.controllers, identity_.tls_certificate},
                           std::move(handlers)));
    client_->taken(store_id_, revision_);
    return {};
}

Result<proto::Hello> Control::hello(const proto::Challenge &challenge) {
    if (challenge.protocol() < kControlProtocol)
        return Error(ErrorCode::kVersion,
                     fmt::format("the controller speaks protocol {}, expected {} or later: update "
                                 "it first",
                                 challenge.protocol(), kControlProtocol));
    if (challenge.network_id() != file_->control.network_id)
        return Error(ErrorCode::kInvalid,
                     fmt::format("the controller is of the overlay {}, expected "
                                 "control.network_id = {}",
                                 coax::quoted(challenge.network_id()),
                                 coax::quoted(file_->control.network_id)));
    const ChallengeFacts facts{challenge.network_id(), challenge.nonce(),
                               identity_.tls_certificate};
    proto::Hello hello;
    COAX_ASSIGN_OR_RETURN(*hello.mutable_proof(),
                          prove(facts, file_->node.name, kHelloNamespace, identity_.key));
    const auto &key = identity_.key.public_key().bytes;
    hello.set_protocol(kControlProtocol);
    hello.set_name(file_->node.name);
    hello.set_public_key(std::string(key.begin(), key.end()));
    if (identity_.certificate)
        hello.set_certificate(identity_.certificate->blob);
    hello.set_version(needs_.version);
    hello.set_store_id(store_id_);
    hello.set_revision(revision_);
    hello.set_node_id(file_->node.id.value());
    return hello;
}

std::string Control::misfit(const proto::Welcome &welcome) const {
    const auto pool = IpPrefix::parse(welcome.vtep_pool());
    if (welcome.network_id() != file_->control.network_id)
        return fmt::format("the controller welcomes a node of the overlay {}, this one is of {}",
                           coax::quoted(welcome.network_id()),
                           coax::quoted(file_->control.network_id));
    if (welcome.node_id() != file_->node.id.value() || welcome.name() != file_->node.name)
        return fmt::format("the controller knows this node as {} ({}), the file has node.id = {} "
                           "and node.name = {}: change the file, or remove the node there",
                           welcome.node_id(), coax::quoted(welcome.name()), file_->node.id.value(),
                           coax::quoted(file_->node.name));
    if (!pool.ok() || *pool != file_->overlay.vtep_pool)
        return fmt::format("the controller has the pool {}, the file overlay.vtep_pool = {}: they "
                           "must be equal on all nodes",
                           coax::quoted(welcome.vtep_pool()), file_->overlay.vtep_pool.to_string());
    return "";
}

void Control::welcome(const proto::Welcome &message) {
    why_ = misfit(message);
    welcome_ = why_.empty();
    parts_.drop();
    if (!welcome_) {
        needs_.log.error("control.misfit", {{"text", why_}});
        return client_->reconnect(why_);
    }
    if (!message.certificate().empty())
        take_certificate(message.certificate());
    own_.seen(message.last_epoch());
    last_report_.clear();
    announce();
    report();
}

void Control::take_certificate(const std::string &blob) {
    if (identity_.certificate && identity_.certificate->blob == blob)
        return;
    const Status taken = identity_.renew(*file_, blob, now());
    if (taken.ok())
        needs_.log.info("control.certificate_renewed",
                        {{"until", time_text(identity_.certificate->facts.valid_before)}});
    else
        needs_.log.warn("control.certificate_refused", {{"text", taken.error().message()}});
}

void Control::update(const proto::Update &part) {
    if (!welcome_)
        return;
    auto whole = parts_.add(part);
    if (!whole.ok()) {
        needs_.log.warn("control.protocol_error", {{"text", whole.error().message()}});
        return client_->reconnect(whole.error().message());
    }
    if (!whole.value())
        return;
    const proto::Update &taken = **whole;
    const bool same_store = store_id_.empty() || taken.store_id() == store_id_;
    if (!same_store)
        needs_.log.warn("control.store_new", {{"store", taken.store_id()}, {"was", store_id_}});
    const bool revoked = take_revocations(taken);
    const bool nodes = claims_.take(taken, same_store, trust());
    const bool overlay = overlay_.take(taken, same_store);
    store_id_ = taken.store_id();
    revision_ = taken.revision();
    client_->taken(store_id_, revision_);
    saver_.changed();
    if (revoked || nodes || overlay)
        remerge();
    report();
}

bool Control::take_revocations(const proto::Update &update) {
    const RevocationList &held = identity_.revocations.list();
    if (update.revocations().empty()) {
        list_wanted_ = list_wanted_ || (update.snapshot() && held.version > 0);
        return false;
    }
    const Taken taken = take_list(update.revocations(), client_->controller());
    if (taken == Taken::kOld || taken == Taken::kRefused)
        list_wanted_ = taken == Taken::kOld;
    return claims_.recheck(trust()); // also of what this update does not name
}

Control::Taken Control::take_list(const std::string &bytes, const std::string &from) {
    RevocationMemory &memory = identity_.revocations;
    const RevocationMemory::Offer offered = memory.offer(bytes, identity_.anchors);
    if (offered.refused) {
        ++refused_counts_[std::string(refusal_name(offered.refused->reason))];
        needs_.log.warn("control.revocations_refused",
                        {{"from", from}, {"text", offered.refused->message}});
        return offered.refused->reason == RefusalReason::kOldList ? Taken::kOld : Taken::kRefused;
    }
    if (!offered.taken)
        return Taken::kKnown;
    if (!memory.unsaved().empty())
        needs_.log.error("control.revocations_unsaved", {{"error", memory.unsaved()}});
    needs_.log.warn("control.revocations_taken",
                    {{"version", identity_.revocations.list().version}, {"from", from}});
    tell_rumour();
    return Taken::kNew;
}

void Control::save_revocations() {
    RevocationMemory &memory = identity_.revocations;
    if (!memory.unsaved().empty() && memory.save().ok())
        needs_.log.info("control.revocations_saved", {{"version", memory.list().version}});
}

bool Control::take_rumour(NodeId from, const std::string &bytes) {
    const auto peer = merged_.state->peers.find(from);
    const Taken taken =
        take_list(bytes, peer == merged_.state->peers.end() ? "" : "peer " + peer->second.name);
    if (taken == Taken::kRefused || taken == Taken::kOld)
        return false;
    list_wanted_ = true; // controllers did not have it, or kept it back
    if (claims_.recheck(trust()))
        remerge();
    report();
    return true;
}

void Control::tell_rumour() {
    std::set<NodeId> peers;
    for (const auto &[id, peer] : merged_.state->peers)
        peers.insert(id);
    rumour_.set_peers(peers);
    rumour_.set_list(identity_.revocations.list().version, identity_.revocations.bytes());
}

void Control::pass_rumours() {
    rumour_.tick();
    rumour_tick_.expires_after(kRumourTick);
    rumour_tick_.async_wait([this](asio::error_code error) {
        if (!error)
            pass_rumours();
    });
}

void Control::stream_changed(FleetClient::State state, const std::string &controller,
                             const std::string &why) {
    if (state == FleetClient::State::kWelcome) {
        needs_.log.info("control.welcome", {{"controller", controller}});
        heard_at_.reset();
        why_.clear();
        return;
    }
    if (std::exchange(welcome_, false)) {
        heard_at_ = needs_.clock.system_now();
        needs_.log.warn("control.lost", {{"controller", controller}, {"why", why}});
    } else if (!why.empty() && why != why_) {
        needs_.log.warn("control.waiting", {{"controller", controller}, {"why", why}});
    }
    if (!why.empty())
        why_ = why;
}

void Control::refused(NodeId id, const std::string &name, const ClaimRefusal &refusal) {
    ++refused_counts_[refusal.reason];
    if (const auto held_back = refusal_log_.admit())
        needs_.log.warn("control.peer_refused", {{"node", id},
                                                 {"name", name},
                                                 {"reason", refusal.reason},
                                                 {"text", refusal.text},
                                                 {"not_shown", *held_back}});
}

std::vector<PublicKey> Control::own_keys(KeySet set) const {
    std::vector<PublicKey> keys;
    for (std::uint32_t lane = 0; lane < file_->wireguard.lanes; ++lane)
        keys.push_back(needs_.keys.public_key(set, lane));
    return keys;
}

Binding Control::own_facts() const {
    Binding facts;
    facts.network_id = file_->control.network_id;
    facts.node = file_->node.id;
    facts.name = file_->node.name;
    const KeySet in_use = needs_.keys.in_use();
    facts.vtep = file_->vtep_of(file_->node.id, in_use);
    facts.lane_keys = own_keys(in_use);
    if (needs_.keys.changing()) {
        // Not before packets can come for them; but what was said once is not taken back.
        std::vector<PublicKey> next = own_keys(other(in_use));
        const auto &last = own_.binding();
        if ((last && last->next_lane_keys == next) || needs_.next_keys_ready())
            facts.next_lane_keys = std::move(next);
    }
    facts.endpoints = own_endpoints(*file_, needs_.links);
    return facts;
}

void Control::announce() {
    if (!welcome_)
        return;
    const Binding facts = own_facts();
    if (own_.is_due(facts, now())) {
        const Status signed_now = own_.sign(facts, now(), identity_.key);
        if (!signed_now.ok()) {
            needs_.log.error("control.binding_unsigned", {{"error", signed_now.error().message()}});
            return;
        }
        saver_.changed();
        // Known to an agent that starts before it is to peers: it must not take keys back.
        if (needs_.keys.changing())
            saver_.flush();
        needs_.log.info("control.announced", {{"epoch", own_.epoch()}});
    }
    proto::Announce message;
    message.set_binding(own_.bytes());
    message.set_lanes(file_->wireguard.lanes);
    message.set_kernel(needs_.kernel);
    message.set_backend(needs_.backend);
    client_->announce(std::move(message));
}

void Control::report() {
    if (!welcome_)
        return;
    proto::Report message;
    message.set_store_id(store_id_);
    message.set_revision(applied_);
    message.set_has_ports(true);
    for (const auto &[name, port] : overlay_.ports()) {
        proto::PortState &state = *message.add_ports();
        state.set_name(name);
        const auto error = port_errors_.find(name);
        const auto found = merged_.state->ports.find(name);
        if (found == merged_.state->ports.end() || file_->ports.contains(name))
            state.set_error("does not fit this node; its `coax status` says why");
        else
            state.set_mac(found->second.mac.to_string());
        if (error != port_errors_.end())
            state.set_error(error->second);
    }
    message.set_has_refused(true);
    for (const auto &[id, node] : claims_.nodes()) {
        if (!node.refused)
            continue;
        proto::RefusedNode &refusal = *message.add_refused();
        refusal.set_node_id(id.value());
        refusal.set_reason(node.refused->reason);
        refusal.set_text(node.refused->text);
    }
    message.set_revocations_version(identity_.revocations.list().version);
    if (std::exchange(list_wanted_, false))
        message.set_revocations(identity_.revocations.bytes());
    std::string bytes = message.SerializeAsString();
    if (bytes != last_report_ && client_->report(std::move(message)))
        last_report_ = std::move(bytes);
}

void Control::remerge() {
    // Before they reach the kernel: an agent that starts from an older view would take away keys that
    // are in use by then.
    if (claims_.took_keys()) {
        saver_.changed();
        saver_.flush();
    }
    merged_ = merge(*file_, claims_, overlay_);
    tell_rumour();
    needs_.on_change();
}

void Control::tick() {
    tick_.expires_after(kTick);
    tick_.async_wait([this](asio::error_code error) {
        if (error)
            return;
        tick();
        bool changed = ++ticks_ % kRecheckTicks == 0 && claims_.recheck(trust());
        for (const Claims::Forgotten &one : claims_.forget(needs_.may_forget)) {
            needs_.log.info("control.peer_forgotten",
                            {{"peer", one.name},
                             {"why", one.gone.why},
                             {"text", one.gone.text + "; and nothing is heard from it"},
                             {"since", time_text(one.gone.since)}});
            changed = true;
        }
        if (changed) {
            saver_.changed();
            remerge();
            report();
        }
        announce_if_due();
        save_revocations();
    });
}

Status Control::use(DesiredStatePtr file) {
    COAX_ASSIGN_OR_RETURN(Identity identity, Identity::load(*file));
    if (identity.key.public_key() != identity_.key.public_key())
        return Error(ErrorCode::kInvalid, "control.identity: expected the key as it runs, found "
                                          "another; a reload cannot change it, restart coaxd");
    if (file->node.name != file_->node.name)
        return Error(ErrorCode::kInvalid,
                     fmt::format("node.name: expected {} as it runs, found {}; a reload cannot "
                                 "change it with controllers, restart coaxd",
                                 file_->node.name, file->node.name));
    // A list that is in force and not in the file yet stays in force.
    if (identity.revocations.list().version < identity_.revocations.list().version)
        identity.revocations = std::move(identity_.revocations);
    identity_ = std::move(identity);
    file_ = std::move(file);
    reserve_keys();
    claims_.recheck(trust());
    remerge();
    links_changed();
    return {};
}

void Control::applied(bool whole, const std::map<std::string, std::string> &errors) {
    if (whole)
        applied_ = revision_;
    port_errors_ = errors;
    report();
    if (needs_.keys.changing())
        announce_if_due();
}

void Control::keys_changed() {
    reserve_keys();
    announce_if_due();
}

void Control::announce_if_due() {
    if (own_.is_due(own_facts(), now()))
        announce();
}

void Control::links_changed() {
    announce_if_due();
}

Status Control::save() {
    Status written = write_record(record_path(*file_), record());
    if (written.ok())
        record_error_.clear();
    return written;
}

agent::v1::ViewRecord Control::record() const {
    agent::v1::ViewRecord out;
    out.set_network_id(file_->control.network_id);
    out.set_store_id(store_id_);
    out.set_revision(revision_);
    out.set_saved_at(time_to_wire(now()));
    for (const auto &[id, node] : claims_.nodes())
        if (node.last)
            *out.add_nodes() = to_record(id, node);
    for (const auto &[name, network] : overlay_.networks())
        *out.add_networks() = network.wire;
    for (const auto &[name, port] : overlay_.ports())
        *out.add_ports() = port.wire;
    for (const auto &[key, node] : overlay_.endpoints()) {
        proto::Endpoint &endpoint = *out.add_endpoints();
        endpoint.set_network(key.first);
        endpoint.set_mac(key.second.to_string());
        endpoint.set_node_id(node.value());
    }
    out.set_own_epoch(own_.epoch());
    out.set_own_binding(own_.bytes());
    return out;
}

} // namespace coax
