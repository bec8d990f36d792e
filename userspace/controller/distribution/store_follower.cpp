// SPDX-License-Identifier: Apache-2.0
#include "controller/distribution/store_follower.h"

#include <algorithm>
#include <utility>

namespace coax::controller {

StoreFollower::StoreFollower(Store &store, const Clock &clock, Log log, Options options,
                             Handlers handlers)
    : store_(store),
      clock_(clock),
      log_(std::move(log)),
      options_(std::move(options)),
      handlers_(std::move(handlers)),
      thread_([this] { run(); }) {}

StoreFollower::~StoreFollower() {
    shared_.change([](Shared &shared) {
        shared.stop = true;
        if (shared.watch != nullptr)
            shared.watch->cancel();
    });
    thread_.join();
}

std::uint64_t StoreFollower::lists() const {
    return shared_.with([](const Shared &shared) { return shared.lists; });
}

bool StoreFollower::stopped() {
    return shared_.with([](const Shared &shared) { return shared.stop; });
}

/// False when it is time to stop.
bool StoreFollower::pause() {
    const auto until = std::chrono::steady_clock::now() + options_.retry;
    return !shared_.wait_until(until, [](const Shared &shared) { return shared.stop; });
}

void StoreFollower::run() {
    while (!stopped()) {
        Status done = list();
        if (done.ok())
            done = watch();
        if (done.ok())
            continue;
        handlers_.trouble(done.error());
        if (!pause())
            return;
    }
}

Status StoreFollower::list() {
    COAX_ASSIGN_OR_RETURN(const StoreFound identity, store_.get(options_.identity_key));
    const std::string value = identity.entry ? identity.entry->value : std::string();
    StoreNews news;
    news.listed = true;
    news.began_anew = value != known_.identity || identity.revision < known_.told;
    if (news.began_anew)
        known_ = {};
    known_.identity = value;
    std::vector<StoreListing> listings;
    for (const std::string &prefix : options_.prefixes) {
        COAX_ASSIGN_OR_RETURN(StoreListing listing, store_.list(prefix));
        listings.push_back(std::move(listing));
    }
    news.revision = listings.front().revision;
    for (std::size_t i = 0; i < listings.size(); ++i) {
        compare(options_.prefixes[i], listings[i], news);
        // The watch goes on from the oldest of the lists.
        news.revision = std::min(news.revision, listings[i].revision);
    }
    known_.told = news.revision;
    listed_at_ = clock_.monotonic_now();
    shared_.with([](Shared &shared) { ++shared.lists; });
    handlers_.answered();
    handlers_.news(std::move(news));
    return {};
}

void StoreFollower::compare(const std::string &prefix, const StoreListing &listing,
                            StoreNews &news) {
    std::map<std::string, Revision> before;
    for (auto key = known_.revisions.lower_bound(prefix);
         key != known_.revisions.end() && key->first.starts_with(prefix);)
        before.insert(known_.revisions.extract(key++));
    for (const StoreEntry &entry : listing.entries) {
        const auto known = before.find(entry.key);
        if (known == before.end() || known->second != entry.mod_revision)
            news.events.push_back({StoreEvent::Kind::kPut, entry});
        if (known != before.end())
            before.erase(known);
        known_.revisions[entry.key] = entry.mod_revision;
    }
    for (const auto &[key, revision] : before)
        news.events.push_back({StoreEvent::Kind::kRemoved, {key, {}, listing.revision, {}}});
    known_.listed[prefix] = listing.revision;
}

Status StoreFollower::watch() {
    COAX_ASSIGN_OR_RETURN(const auto watch,
                          store_.watch(options_.watched, Revision(known_.told.value() + 1)));
    const auto publish = [&](StoreWatch *current) {
        return shared_.with([&](Shared &shared) {
            shared.watch = current;
            return !shared.stop;
        });
    };
    Status done;
    bool go_on = publish(watch.get());
    while (go_on && done.ok() && clock_.monotonic_now() - listed_at_ < options_.relist_every) {
        const auto update = watch->next(options_.patience);
        if (!update.ok()) {
            done = update.error();
            break;
        }
        handlers_.answered();
        go_on =
            update->kind == StoreUpdate::Kind::kEvents || update->kind == StoreUpdate::Kind::kQuiet;
        if (go_on && touches_identity(*update))
            break; // what is removed with it was not removed by an operator: the list tells
        if (go_on)
            tell(*update);
    }
    publish(nullptr);
    return done;
}

bool StoreFollower::touches_identity(const StoreUpdate &update) const {
    return std::any_of(update.events.begin(), update.events.end(), [&](const StoreEvent &event) {
        return event.entry.key == options_.identity_key &&
               (event.kind == StoreEvent::Kind::kRemoved || event.entry.value != known_.identity);
    });
}

const std::string *StoreFollower::prefix_of(const std::string &key) const {
    const auto found =
        std::find_if(options_.prefixes.begin(), options_.prefixes.end(),
                     [&](const std::string &prefix) { return key.starts_with(prefix); });
    return found == options_.prefixes.end() ? nullptr : &*found;
}

/// A list has shown it already, or something later.
bool StoreFollower::is_old(const StoreEvent &event) const {
    const std::string *prefix = prefix_of(event.entry.key);
    if (prefix == nullptr)
        return true; // nothing agents are told
    const auto listed = known_.listed.find(*prefix);
    return listed != known_.listed.end() && event.entry.mod_revision <= listed->second;
}

void StoreFollower::note(const StoreEvent &event) {
    if (event.kind == StoreEvent::Kind::kPut)
        known_.revisions[event.entry.key] = event.entry.mod_revision;
    else
        known_.revisions.erase(event.entry.key);
}

void StoreFollower::tell(const StoreUpdate &update) {
    StoreNews news;
    for (const StoreEvent &event : update.events) {
        if (is_old(event))
            continue;
        note(event);
        news.events.push_back(event);
    }
    news.revision = update.revision;
    if (news.revision == known_.told && news.events.empty())
        return;
    known_.told = std::max(known_.told, news.revision);
    handlers_.news(std::move(news));
}

} // namespace coax::controller
