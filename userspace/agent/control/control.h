// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include "agent/control/claims.h"
#include "agent/control/identity.h"
#include "agent/control/merge.h"
#include "agent/control/overlay_view.h"
#include "agent/control/own_binding.h"
#include "agent/control/rumour.h"
#include "agent/control/update_parts.h"
#include "agent/control/view_saver.h"
#include "agent/pass.h"
#include "agent/peers/keyring.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/rate_limiter.h"
#include "lib/control/fleet_client.h"
#include "lib/net/links.h"
#include "record.pb.h"

namespace coax {

/// A node that follows controllers: what they say, verified, becomes part of the desired state;
/// nothing they do or fail to do takes a running peer away.
/// One loop. Owns the files below <state_dir>/control but for those that [control] names, of which it
/// writes the certificate only. Failure: without a controller the last verified view is in force,
/// also after a restart; what is not right is a degradation.
class Control {
  public:
    struct Needs {
        asio::io_context &loop;
        const Keyring &keys;
        Links &links;
        Mail &mail;
        const Clock &clock;
        Log log;
        std::string version; // of the agent
        std::string kernel;
        std::string backend;
        /// Nothing is heard from the node any more, whatever a controller says.
        std::function<bool(NodeId)> may_forget;
        /// The lanes of the next keys are there and the data path takes what comes by them.
        std::function<bool()> next_keys_ready;
        /// state() is another one.
        std::function<void()> on_change;
    };
    /// Reads identity and saved view, verifies it, and begins to follow. The error is one of the
    /// files: nothing was touched.
    static Result<std::unique_ptr<Control>> start(Needs needs, DesiredStatePtr file);
    ~Control() = default;
    Control(const Control &) = delete;
    Control &operator=(const Control &) = delete;

    /// The file and what verified.
    [[nodiscard]] const DesiredStatePtr &state() const { return merged_.state; }
    /// Another file, and the files it names read again. An error changes nothing.
    Status use(DesiredStatePtr file);
    /// A pass is over; `errors` of the ports by name, empty ones for those that are there.
    void applied(bool whole, const std::map<std::string, std::string> &errors);
    void links_changed();
    /// This node has other keys than before.
    void keys_changed();
    /// The loop has ended: keeps what is not kept yet.
    void end() { saver_.flush(); }

    [[nodiscard]] std::vector<Degradation> degradations() const;

    // For views and metrics.
    struct Expiry {
        std::string what; // own_certificate, own_binding, peer_certificate, peer_binding
        TimeLeft left;    // the shortest of its kind
    };
    [[nodiscard]] std::vector<Expiry> expiries() const;
    [[nodiscard]] FleetClient::State stream_state() const;
    [[nodiscard]] std::string controller() const { return client_ ? client_->controller() : ""; }
    [[nodiscard]] const std::string &why() const { return why_; }
    /// Since a controller said that the view is the newest; absent: never.
    [[nodiscard]] std::optional<std::chrono::seconds> view_age() const;
    [[nodiscard]] const SavedView &saved() const { return saver_.view(); }
    [[nodiscard]] const Identity &identity() const { return identity_; }
    [[nodiscard]] const Claims &claims() const { return claims_; }
    [[nodiscard]] const OwnBinding &own_binding() const { return own_; }
    [[nodiscard]] const std::vector<LeftOut> &left_out() const { return merged_.left_out; }
    [[nodiscard]] const std::map<std::string, std::uint64_t> &refused_counts() const {
        return refused_counts_;
    }
    [[nodiscard]] const DesiredState &file() const { return *file_; }
    [[nodiscard]] const std::string &store_id() const { return store_id_; }
    [[nodiscard]] std::uint64_t revision() const { return revision_; }
    [[nodiscard]] UnixTime now() const;

  private:
    Control(Needs needs, DesiredStatePtr file, Identity identity);

    void restore();
    Status follow();
    Result<controller::v1::Hello> hello(const controller::v1::Challenge &challenge);
    void welcome(const controller::v1::Welcome &welcome);
    [[nodiscard]] std::string misfit(const controller::v1::Welcome &welcome) const;
    void take_certificate(const std::string &blob);
    void update(const controller::v1::Update &part);
    bool take_revocations(const controller::v1::Update &update);
    enum class Taken { kNew, kKnown, kOld, kRefused };
    /// A list that somebody offers.
    Taken take_list(const std::string &bytes, const std::string &from);
    void save_revocations();
    bool take_rumour(NodeId from, const std::string &bytes);
    /// The list in force, to the peers in force.
    void tell_rumour();
    void pass_rumours();
    void stream_changed(FleetClient::State state, const std::string &controller,
                        const std::string &why);
    void refused(NodeId id, const std::string &name, const ClaimRefusal &refusal);

    void announce();
    void announce_if_due();
    void report();
    void remerge();
    void tick();
    Status save();
    void reserve_keys();
    [[nodiscard]] ClaimTrust trust() const;
    [[nodiscard]] Binding own_facts() const;
    [[nodiscard]] std::vector<PublicKey> own_keys(KeySet set) const;
    [[nodiscard]] agent::v1::ViewRecord record() const;

    Needs needs_;
    DesiredStatePtr file_;
    Identity identity_;
    OwnBinding own_;
    Claims claims_;
    OverlayView overlay_;
    UpdateParts parts_;
    WithAdditions merged_;

    std::string store_id_; // of the view
    std::uint64_t revision_ = 0;
    bool welcome_ = false; // and fits
    std::string why_;      // the stream is not
    std::string record_error_;
    bool list_wanted_ = false; // the controller has an older revocation list, or none
    std::uint64_t applied_ = 0;
    std::map<std::string, std::string> port_errors_;
    std::string last_report_;
    std::map<std::string, std::uint64_t> refused_counts_;
    RateLimiter refusal_log_;
    std::optional<std::chrono::system_clock::time_point> heard_at_; // while no stream is
    std::uint32_t ticks_ = 0;
    ViewSaver saver_;
    Rumour rumour_;
    asio::steady_timer tick_;
    asio::steady_timer rumour_tick_;
    std::unique_ptr<FleetClient> client_; // last: its handlers need all the others
};

} // namespace coax
