// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/guarded.h"
#include "lib/base/log.h"
#include "lib/base/types.h"
#include "lib/store/store.h"

namespace coax::controller {

/// The keys online/ID of the nodes that this controller hears, all with one lease of the store: when
/// this controller dies they go by themselves. Whoever hears a node later takes its key over; a key is
/// only removed here while it is as it was put here.
/// Threads: one of its own for the calls to the store, which block; the methods may be called from
/// any. Failure: tried again until it holds. Leases are counted by the monotonic clock.
class Presence {
  public:
    struct Options {
        std::string controller; // name, for operators
        std::chrono::seconds ttl;
        std::chrono::milliseconds retry{500};
    };
    struct Counts {
        std::uint64_t leases = 0;         // granted
        std::uint64_t leases_expired = 0; // that the store had ended, or may have
        std::uint64_t errors = 0;
        std::size_t nodes = 0; // whose key is ours
    };

    Presence(Store &store, const Clock &clock, Log log, Options options);
    Presence(const Presence &) = delete;
    Presence &operator=(const Presence &) = delete;
    /// The keys stay until their lease is over: the nodes have that long to find another controller.
    ~Presence();

    /// Puts the node's key, also when somebody else has it.
    void take(NodeId id);
    /// Takes the key away, unless somebody else has it by now.
    void drop(NodeId id);
    [[nodiscard]] Counts counts() const;

  private:
    struct Wanted {
        bool stop = false;
        std::set<NodeId> nodes;
        std::set<NodeId> to_put;
        std::set<NodeId> to_remove;
        Counts counts;
    };
    using Ids = std::vector<NodeId>;

    void run();
    bool wait();
    Status work();
    Status renew_lease();
    Status put(const Ids &ids);
    Status remove(const Ids &ids);
    [[nodiscard]] Result<std::optional<Revision>> revision_held(NodeId id) const;
    Status commit_removal(const Ids &ids);
    Ids next_of(std::set<NodeId> Wanted::*queue);
    void lose_lease();

    Store &store_;
    const Clock &clock_;
    Log log_;
    const Options options_;
    std::optional<StoreLease> lease_;
    std::chrono::steady_clock::time_point renewed_at_;
    std::map<NodeId, Revision> held_;
    mutable Guarded<Wanted> wanted_;
    std::thread thread_;
};

} // namespace coax::controller
