// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "etcd_wire.pb.h"
#include "lib/store/store.h"

namespace coax {

/// What a watch has told, as keys and their revisions: knows an event that was told before, and what
/// a list shows that was never told. Pure; keys are those of etcd.
class EtcdView {
  public:
    /// `prefix`: of the options.
    EtcdView(std::string prefix, Revision from);

    /// Nothing at or below it is missing: a watch goes on after it.
    [[nodiscard]] Revision told() const { return told_; }
    [[nodiscard]] bool has_updates() const { return !pending_.empty(); }
    /// What is to be told, and forgets it.
    std::vector<StoreEvent> take_updates();

    /// What was there at `told()`.
    void begin(const etcdserverpb::RangeResponse &list);
    void add(const etcdserverpb::WatchResponse &response);

    /// `list`: keys only, all of them, of one revision.
    void compare(const etcdserverpb::RangeResponse &list);
    /// Is there something in the last list that was not told since?
    [[nodiscard]] bool lacks_something() const { return !missing_.empty(); }
    /// The keys, and their revision in the list; 0: gone from it.
    [[nodiscard]] const std::map<std::string, std::int64_t> &lacking() const { return missing_; }
    /// Tells an entry as it was at the list's revision, or that a key is gone; then finish_repair().
    void repair(const etcdserverpb::KeyValue &entry);
    void repair_removed(const std::string &key);
    void finish_repair();
    /// The stream has told everything up to the last list's revision, and nothing is lacking.
    void agree();
    [[nodiscard]] Revision compared() const { return compared_; }

  private:
    [[nodiscard]] bool is_known(const etcdserverpb::WatchEvent &event, std::int64_t before) const;
    void apply(const etcdserverpb::WatchEvent &event);
    void find(const std::string &key, std::int64_t revision, bool removed);

    const std::string prefix_;
    std::map<std::string, std::int64_t> keys_; // mod revisions
    std::vector<StoreEvent> pending_;
    Revision told_;
    std::int64_t newest_ = 0;                     // of all events
    std::int64_t floor_ = 0;                      // events at or below it come too late
    std::map<std::string, std::int64_t> missing_; // 0: should be gone
    Revision compared_;
};

} // namespace coax
