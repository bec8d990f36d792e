// SPDX-License-Identifier: Apache-2.0
#include "lib/store/etcd_view.h"

#include <algorithm>
#include <utility>

#include "lib/store/etcd_keys.h"

namespace coax {

EtcdView::EtcdView(std::string prefix, Revision from)
    : prefix_(std::move(prefix)),
      told_(from.value() - 1),
      newest_(static_cast<std::int64_t>(told_.value())) {}

std::vector<StoreEvent> EtcdView::take_updates() {
    return std::exchange(pending_, {});
}

void EtcdView::begin(const etcdserverpb::RangeResponse &list) {
    for (const auto &pair : list.kvs())
        keys_.insert_or_assign(pair.key(), pair.mod_revision());
}

void EtcdView::add(const etcdserverpb::WatchResponse &response) {
    const std::int64_t before = newest_;
    for (const auto &event : response.events()) {
        if (!is_known(event, before))
            apply(event);
    }
    told_ = std::max(told_, etcd_revision(newest_));
}

/// Events of one revision come in one answer: one at or below what an answer before brought is a
/// repetition.
bool EtcdView::is_known(const etcdserverpb::WatchEvent &event, std::int64_t before) const {
    const std::int64_t revision = event.kv().mod_revision();
    if (revision <= before || revision <= floor_)
        return true;
    const auto known = keys_.find(event.kv().key());
    return known != keys_.end() && revision <= known->second;
}

void EtcdView::apply(const etcdserverpb::WatchEvent &event) {
    const auto &pair = event.kv();
    const bool removed = event.type() == etcdserverpb::WatchEvent::DELETE;
    pending_.push_back(
        {removed ? StoreEvent::Kind::kRemoved : StoreEvent::Kind::kPut, etcd_entry(prefix_, pair)});
    if (removed)
        keys_.erase(pair.key());
    else
        keys_.insert_or_assign(pair.key(), pair.mod_revision());
    newest_ = std::max(newest_, pair.mod_revision());
    find(pair.key(), pair.mod_revision(), removed);
}

void EtcdView::compare(const etcdserverpb::RangeResponse &list) {
    compared_ = etcd_revision(list.header().revision());
    missing_.clear();
    for (const auto &[key, known] : keys_) {
        if (etcd_revision(known) <= compared_)
            missing_.insert_or_assign(key, 0);
    }
    for (const auto &pair : list.kvs()) {
        missing_.erase(pair.key());
        const auto known = keys_.find(pair.key());
        if (known == keys_.end() || known->second < pair.mod_revision())
            missing_.insert_or_assign(pair.key(), pair.mod_revision());
    }
}

void EtcdView::find(const std::string &key, std::int64_t revision, bool removed) {
    const auto it = missing_.find(key);
    if (it == missing_.end())
        return;
    const bool should_be_gone = it->second == 0;
    const bool found =
        should_be_gone ? removed || etcd_revision(revision) > compared_ : revision >= it->second;
    if (found)
        missing_.erase(it);
}

void EtcdView::repair(const etcdserverpb::KeyValue &entry) {
    if (const auto known = keys_.find(entry.key());
        known != keys_.end() && known->second >= entry.mod_revision())
        return;
    pending_.push_back({StoreEvent::Kind::kPut, etcd_entry(prefix_, entry)});
    keys_.insert_or_assign(entry.key(), entry.mod_revision());
}

void EtcdView::repair_removed(const std::string &key) {
    if (keys_.erase(key) == 0)
        return;
    etcdserverpb::KeyValue gone;
    gone.set_key(key);
    gone.set_mod_revision(static_cast<std::int64_t>(compared_.value()));
    pending_.push_back({StoreEvent::Kind::kRemoved, etcd_entry(prefix_, gone)});
}

void EtcdView::finish_repair() {
    missing_.clear();
    floor_ = static_cast<std::int64_t>(compared_.value());
    told_ = std::max(told_, compared_);
}

void EtcdView::agree() {
    told_ = std::max(told_, compared_);
}

} // namespace coax
