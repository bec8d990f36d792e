// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <string>

#include "controller/distribution/cluster_view.h"
#include "controller/distribution/store_follower.h"
#include "controller/registry/model.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"

namespace coax::controller {

/// Turns what the store says into what agents are told, and decides who is called gone: a node whose
/// key is not there, that is not heard here, and not while that may just be the store's weakness
/// (after a start and after an outage nobody is called gone for a whole lease).
/// One thread. Failure: a record that does not parse is logged and leaves what was there before.
class ViewKeeper {
  public:
    ViewKeeper(const Clock &clock, Log log, std::chrono::seconds lease);

    /// What changed in the store; `began_anew` of the news forgets everything before, without calling
    /// anybody gone.
    ModelChange apply(const StoreNews &news);
    /// The node is heard by this controller, or no longer.
    void set_live(NodeId id, bool live);
    /// Nobody is called gone for a whole lease from now on.
    void hold();
    /// After the hold, those who did not come back are.
    void review_all();
    [[nodiscard]] bool is_holding() const { return clock_.monotonic_now() < hold_until_; }

    [[nodiscard]] const ClusterView &view() const { return view_; }
    [[nodiscard]] const Model &model() const { return model_; }
    /// Empty: there is no cluster in the store (yet, or any more).
    [[nodiscard]] std::string store_id() const;
    /// Rises when everything before is forgotten.
    [[nodiscard]] std::uint64_t generation() const { return generation_; }
    [[nodiscard]] std::uint64_t gone_told() const { return gone_told_; }

  private:
    void begin_anew();
    ModelChange apply_event(const StoreEvent &event);
    void show_node(NodeId id);
    void show_presence(NodeId id);
    void review(NodeId id);
    void show(const ModelChange &change);

    const Clock &clock_;
    Log log_;
    std::chrono::seconds lease_;
    Model model_;
    ClusterView view_;
    std::set<NodeId> live_;
    std::set<NodeId> present_; // with a key
    std::chrono::steady_clock::time_point hold_until_;
    std::uint64_t generation_ = 0;
    std::uint64_t gone_told_ = 0;
    bool was_listed_ = false;
};

} // namespace coax::controller
