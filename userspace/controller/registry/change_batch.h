// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "lib/store/store.h"

namespace coax::controller {

class Change;

/// Changes that are committed as one transaction, each made on top of those before it.
/// One thread. Failure: none of its own; a change that is not added leaves nothing behind.
class ChangeBatch {
  public:
    explicit ChangeBatch(Store &store) : store_(store) {}

    /// What the store has under `key`, asked for once.
    Result<StoreFound> find(const std::string &key);
    /// What the changes so far do to it; nullptr: nothing.
    [[nodiscard]] const StoreOperation *pending(const std::string &key) const;

    [[nodiscard]] bool empty() const { return operations_.empty(); }
    /// Whether the store would take it, with a line of the audit log, beside what is here.
    [[nodiscard]] bool has_room(const Change &change) const;
    void add(const Change &change);
    /// A key that must be new.
    void add_new(const std::string &key, std::string value);

    [[nodiscard]] StoreTransaction transaction() const;

  private:
    void put(const StoreOperation &operation);

    Store &store_;
    std::map<std::string, StoreFound> found_;
    std::map<std::string, StoreCompare> compares_;
    std::map<std::string, StoreOperation> operations_;
    std::size_t bytes_ = 0; // of keys and values, those that were replaced too
};

} // namespace coax::controller
