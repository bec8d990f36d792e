// SPDX-License-Identifier: Apache-2.0
#include "controller/registry/change.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "controller/registry/audit.h"
#include "controller/registry/keys.h"

namespace coax::controller {
namespace {

constexpr std::size_t kAuditTextMax = 4096;
// How many lines there are too much of at most: a share of all, or so many.
constexpr std::uint64_t kTrimAtLeast = 64;
constexpr std::uint64_t kTrimShare = 16;
constexpr std::chrono::seconds kPatience{1}; // then looks again

/// What a single change can be blamed for.
bool is_of_one(const Error &error) {
    return error.code() == ErrorCode::kInvalid || error.code() == ErrorCode::kTooLarge;
}

} // namespace

Result<std::optional<std::string>> Change::read(const std::string &key) {
    using Value = std::optional<std::string>;
    const auto own = operations_.find(key);
    const StoreOperation *pending = own != operations_.end() ? &own->second : before_.pending(key);
    if (pending != nullptr)
        return pending->kind == StoreOperation::Kind::kPut ? Value(pending->value) : Value();
    COAX_ASSIGN_OR_RETURN(const StoreFound found, before_.find(key));
    compares_.emplace(key, found.entry ? StoreCompare::unchanged(key, found.entry->mod_revision)
                                       : StoreCompare::absent(key));
    return found.entry ? Value(found.entry->value) : Value();
}

void Change::put(const std::string &key, std::string value) {
    operations_.insert_or_assign(key, StoreOperation::put(key, std::move(value)));
}

void Change::remove(const std::string &key) {
    operations_.insert_or_assign(key, StoreOperation::remove(key));
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

Result<Revision> Writer::commit(const std::string &who, const Make &make) {
    Waiting self{.who = who, .make = make, .made = {}, .has_operations = false, .result = {}};
    queue_.with([&](Queue &queue) { queue.waiting.push_back(&self); });
    while (!has_result(self)) {
    }
    trim_now_and_then();
    return *std::move(self.result);
}

/// Waits until somebody has committed it, or does so; false: neither yet.
bool Writer::has_result(const Waiting &self) {
    (void)queue_.wait_until(std::chrono::steady_clock::now() + kPatience, [&](const Queue &queue) {
        return self.result.has_value() || !queue.led;
    });
    enum class Turn { kDone, kLead, kWait };
    const Turn turn = queue_.with([&](Queue &queue) {
        if (self.result)
            return Turn::kDone;
        return std::exchange(queue.led, true) ? Turn::kWait : Turn::kLead;
    });
    if (turn == Turn::kLead)
        lead(self);
    return turn != Turn::kWait;
}

void Writer::lead(const Waiting &until) {
    std::deque<Waiting *> group;
    while (!until.result) {
        queue_.with([&](Queue &queue) {
            group.insert(group.end(), queue.waiting.begin(), queue.waiting.end());
            queue.waiting.clear();
        });
        commit_some(group);
    }
    queue_.change([&](Queue &queue) {
        queue.waiting.insert(queue.waiting.begin(), group.begin(), group.end());
        queue.led = false;
    });
}

void Writer::commit_some(std::deque<Waiting *> &group) {
    std::size_t limit = group.size();
    Result<Revision> done = Revision();
    std::size_t count = 0;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        ChangeBatch batch(store_);
        count = make_some(group, limit, batch);
        done = batch.empty() ? Result<Revision>(Revision()) : store_.commit(batch.transaction());
        if (done.ok())
            break;
        if (done.error().code() == ErrorCode::kConflict)
            limit = std::max<std::size_t>(1, count / 2); // others have more of a chance
        else if (is_of_one(done.error()) && count > 1)
            limit = 1; // each on its own
        else
            break;
    }
    if (!done.ok() && done.error().code() == ErrorCode::kConflict)
        done =
            Error(ErrorCode::kBusy,
                  fmt::format("others changed the same {} times meanwhile; try again", kAttempts));
    queue_.change([&](Queue &) {
        for (std::size_t i = 0; i < count; ++i) {
            Waiting &one = *group[i];
            if (!done.ok())
                one.result = done;
            else if (!one.made.ok())
                one.result = one.made.error();
            else
                one.result = one.has_operations ? *done : Revision();
        }
    });
    group.erase(group.begin(), group.begin() + static_cast<std::ptrdiff_t>(count));
}

std::size_t Writer::make_some(const std::deque<Waiting *> &group, std::size_t limit,
                              ChangeBatch &batch) {
    for (std::size_t i = 0; i < limit; ++i) {
        Waiting &one = *group[i];
        Change change(store_, batch);
        one.made = one.make(change);
        if (!batch.empty() && (change.must_be_first() || !batch.has_room(change)))
            return i;
        if (!one.made.ok() && one.made.error().code() == ErrorCode::kUnavailable)
            return give_to_all(group, i, one.made);
        one.has_operations = one.made.ok() && !change.empty();
        if (!one.has_operations)
            continue;
        batch.add(change);
        if (change.line())
            add_audit_line(one.who, *std::move(change.line()), batch);
    }
    return limit;
}

/// The store does not answer: nobody asks it again, one after the other.
std::size_t Writer::give_to_all(const std::deque<Waiting *> &group, std::size_t from,
                                const Status &error) {
    for (std::size_t i = from; i < group.size(); ++i) {
        group[i]->made = error;
        group[i]->has_operations = false;
    }
    return group.size();
}

void Writer::add_audit_line(const std::string &who, v1::AuditLine line, ChangeBatch &batch) {
    line.set_sequence(next_sequence());
    line.set_when(time_to_wire(now()));
    line.set_who(who);
    line.set_controller(controller_);
    // New: another controller may have the same number.
    batch.add_new(audit_key(line.sequence()), line.SerializeAsString());
    ++lines_;
}

/// A log that is too long for now is no reason to call a change failed. To look takes a list of the
/// whole log, so it is done once for many lines.
void Writer::trim_now_and_then() {
    const std::uint64_t lines = lines_;
    std::uint64_t last = trimmed_at_;
    const std::uint64_t distance = std::max<std::uint64_t>(kTrimAtLeast, audit_max_ / kTrimShare);
    const bool due = lines > 0 && (last == 0 || lines - last >= distance);
    if (due && trimmed_at_.compare_exchange_strong(last, lines))
        (void)trim_audit(store_, audit_max_);
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
