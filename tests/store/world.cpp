// SPDX-License-Identifier: Apache-2.0
#include "store/world.h"

namespace coax::test {
namespace {

constexpr std::chrono::seconds kPatience{60}; // only a failure takes it
constexpr std::chrono::milliseconds kPause{500};

template <typename T>
T value_or_fail(Result<T> result) {
    if (result.ok())
        return std::move(*result);
    ADD_FAILURE() << result.error().message();
    return {};
}

} // namespace

Revision StoreConformance::put(std::string key, std::string value, LeaseId lease) {
    return value_or_fail(store().put(std::move(key), std::move(value), lease));
}

Revision StoreConformance::remove(std::string key) {
    return value_or_fail(store().remove(std::move(key)));
}

std::string StoreConformance::value_of(std::string_view key) {
    const StoreFound found = value_or_fail(store().get(key));
    return found.entry ? found.entry->value : "(none)";
}

std::vector<std::string> StoreConformance::keys_below(std::string_view prefix) {
    std::vector<std::string> keys;
    for (auto &entry : value_or_fail(store().list(prefix)).entries)
        keys.push_back(std::move(entry.key));
    return keys;
}

Revision StoreConformance::revision() {
    return value_or_fail(store().get("any")).revision;
}

std::unique_ptr<StoreWatch> StoreConformance::watch(std::string prefix, Revision from) {
    return value_or_fail(store().watch(std::move(prefix), from));
}

StoreLease StoreConformance::grant(std::chrono::seconds ttl) {
    return value_or_fail(store().grant_lease(ttl));
}

StoreUpdate next_of(StoreWatch &watch) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < end) {
        auto update = watch.next(kPause);
        if (!update.ok() && update.error().code() == ErrorCode::kUnavailable)
            continue;
        StoreUpdate got = value_or_fail(std::move(update));
        if (got.kind != StoreUpdate::Kind::kQuiet || testing::Test::HasFailure())
            return got;
    }
    ADD_FAILURE() << "the watch stayed quiet";
    return {};
}

std::vector<StoreEvent> gather(StoreWatch &watch,
                               const std::function<bool(const std::vector<StoreEvent> &)> &enough) {
    std::vector<StoreEvent> events;
    while (!enough(events)) {
        StoreUpdate update = next_of(watch);
        if (update.kind != StoreUpdate::Kind::kEvents) {
            ADD_FAILURE() << "expected events, found kind " << static_cast<int>(update.kind)
                          << " after " << testing::PrintToString(texts_of(events));
            return events;
        }
        EXPECT_FALSE(update.events.empty());
        for (auto &event : update.events)
            events.push_back(std::move(event));
        EXPECT_GE(update.revision, events.back().entry.mod_revision);
    }
    return events;
}

std::vector<StoreEvent> gather(StoreWatch &watch, std::size_t count) {
    return gather(watch, [&](const auto &events) { return events.size() >= count; });
}

std::string text_of(const StoreEvent &event) {
    if (event.kind == StoreEvent::Kind::kRemoved)
        return "removed " + event.entry.key;
    return "put " + event.entry.key + "=" + event.entry.value;
}

std::vector<std::string> texts_of(const std::vector<StoreEvent> &events) {
    std::vector<std::string> texts;
    for (const auto &event : events)
        texts.push_back(text_of(event));
    return texts;
}

} // namespace coax::test
