// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/guarded.h"
#include "lib/base/log.h"
#include "lib/store/store.h"

namespace coax::controller {

/// What became different in the store.
struct StoreNews {
    std::vector<StoreEvent> events; // in order; may be none
    Revision revision;              // everything up to it is told
    bool listed = false;            // the store was listed; events are what a list showed
    bool began_anew = false;        // it is another store, or was restored: forget what was told
};

/// Follows the part of a store that agents are told about: lists, watches, and lists again when the
/// watch was lost and every `relist_every`, because watches lie (lib/store). What a list shows and no
/// event told is told then.
/// Threads: one of its own, which calls the handlers; they must not block. Failure: while the store
/// is out of reach nothing is told but `trouble`, and what was told stays true.
class StoreFollower {
  public:
    struct Options {
        std::vector<std::string> prefixes; // what is listed; below `watched`
        std::string watched;
        std::string identity_key; // its value says which store this is
        std::chrono::milliseconds patience{1000};
        std::chrono::milliseconds relist_every{180'000};
        std::chrono::milliseconds retry{500};
    };
    struct Handlers {
        std::function<void(StoreNews)> news;
        std::function<void(const Error &)> trouble; // each failed attempt
        std::function<void()> answered;             // the store answers (again)
    };

    StoreFollower(Store &store, const Clock &clock, Log log, Options options, Handlers handlers);
    StoreFollower(const StoreFollower &) = delete;
    StoreFollower &operator=(const StoreFollower &) = delete;
    /// Waits for the call to the store that is running.
    ~StoreFollower();

    [[nodiscard]] std::uint64_t lists() const;

  private:
    struct Shared {
        bool stop = false;
        StoreWatch *watch = nullptr;
        std::uint64_t lists = 0;
    };
    struct Known {
        std::map<std::string, Revision> revisions; // of every key below a prefix
        std::map<std::string, Revision> listed;    // prefix: as of
        std::string identity;
        Revision told;
    };

    void run();
    Status list();
    Status watch();
    void tell(const StoreUpdate &update);
    void compare(const std::string &prefix, const StoreListing &listing, StoreNews &news);
    void note(const StoreEvent &event);
    [[nodiscard]] bool touches_identity(const StoreUpdate &update) const;
    [[nodiscard]] bool is_old(const StoreEvent &event) const;
    [[nodiscard]] const std::string *prefix_of(const std::string &key) const;
    bool pause();
    bool stopped();

    Store &store_;
    const Clock &clock_;
    Log log_;
    const Options options_;
    Handlers handlers_;
    Known known_;
    std::chrono::steady_clock::time_point listed_at_;
    mutable Guarded<Shared> shared_;
    std::thread thread_;
};

} // namespace coax::controller
