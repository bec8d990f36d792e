// SPDX-License-Identifier: Apache-2.0
#include "controller/registry/change.h"

#include <algorithm>

#include <fmt/format.h>

#include "controller/registry/audit.h"
#include "controller/registry/keys.h"

namespace coax::controller {
namespace {

constexpr std::size_t kAuditTextMax = 4096;
constexpr std::uint64_t kTrimEvery = 64; // lines: what there is too much of at most

} // namespace

Result<std::optional<std::string>> Change::read(const std::string &key) {
    COAX_ASSIGN_OR_RETURN(StoreFound found, store_.get(key));
    const bool known = std::any_of(compares_.begin(), compares_.end(),
                                   [&](const StoreCompare &c) { return c.key == key; });
    if (!known)
        compares_.push_back(found.entry ? StoreCompare::unchanged(key, found.entry->mod_revision)
                                        : StoreCompare::absent(key));
    if (!found.entry)
        return std::optional<std::string>();
    return std::optional<std::string>(std::move(found.entry->value));
}

void Change::put(const std::string &key, std::string value) {
    operations_.push_back(StoreOperation::put(key, std::move(value)));
}

void Change::remove(const std::string &key) {
    operations_.push_back(StoreOperation::remove(key));
}

void Change::note(std::string what, std::string object, std::string text) {
    if (text.size() > kAuditTextMax) {
        text.resize(kAuditTextMax);
        text += "...";
    }
    v1::AuditLine &line = line_.emplace();
    line.set_what(std::move(what));
    line.set_object(std::move(object));
    line.set_text(std::move(text));
}

Error Change::damaged(const std::string &key) {
    return Error(ErrorCode::kCorrupt,
                 key + ": expected a record of a controller, found other bytes; remove the key, or "
                       "restore the store");
}

Result<Revision> Writer::commit(const std::string &who,
                                const std::function<Status(Change &)> &make) {
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        Change change(store_);
        COAX_TRY(make(change));
        if (change.empty())
            return Revision();
        if (change.line_)
            add_audit_line(who, change);
        auto done = store_.commit({change.compares_, change.operations_});
        if (!done.ok() && done.error().code() == ErrorCode::kConflict)
            continue;
        // A log that is too long for now is no reason to call the change failed.
        if (done.ok() && change.line_ && lines_.fetch_add(1) % kTrimEvery == 0)
            static_cast<void>(trim_audit(store_, audit_max_));
        return done;
    }
    return Error(ErrorCode::kBusy,
                 fmt::format("others changed the same {} times meanwhile; try again", kAttempts));
}

void Writer::add_audit_line(const std::string &who, Change &change) {
    v1::AuditLine &line = *change.line_;
    line.set_sequence(next_sequence());
    line.set_when(time_to_wire(now()));
    line.set_who(who);
    line.set_controller(controller_);
    const std::string key = audit_key(line.sequence());
    change.compares_.push_back(StoreCompare::absent(key)); // another controller may have the same
    change.put(key, line);
}

UnixTime Writer::now() const {
    return std::chrono::floor<std::chrono::seconds>(clock_.system_now());
}

/// Microseconds since 1970, but rising also when the clock does not.
std::uint64_t Writer::next_sequence() {
    const auto since = clock_.system_now().time_since_epoch();
    const auto now = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(since).count());
    std::uint64_t last = sequence_.load();
    std::uint64_t next = 0;
    do
        next = std::max(now, last + 1);
    while (!sequence_.compare_exchange_weak(last, next));
    return next;
}

} // namespace coax::controller
