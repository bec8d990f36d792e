// SPDX-License-Identifier: Apache-2.0
#include "controller/distribution/feed.h"

#include <utility>

namespace coax::controller {

Feed::Feed(const ClusterView &view, NodeId node, std::optional<Revision> has)
    : view_(view), node_(node) {
    if (!has)
        return;
    if (const auto position = view.position_of(*has)) {
        position_ = *position;
        tell_gone_ = true;
        revision_ = *has;
    }
}

bool Feed::has_next(Position published) const {
    if (!unsent_.empty() || position_ == Position() || tell_gone_)
        return true;
    return position_ < published &&
           (view_.has_news(position_) || view_.has_port_news(node_, position_));
}

WireMessage Feed::next(UpdateSource &source, const std::string &store_id) {
    if (unsent_.empty())
        make(source, store_id);
    WireMessage message = std::move(unsent_.front());
    unsent_.pop_front();
    return message;
}

void Feed::make(UpdateSource &source, const std::string &store_id) {
    if (view_.is_too_old(position_))
        position_ = {};
    const bool snapshot = position_ == Position();
    const SharedUpdate &update = snapshot ? source.snapshot() : source.since(position_);
    std::string own = view_.port_changes(node_, position_);
    if (tell_gone_ && !snapshot)
        view_.gone_nodes([&](std::string_view field) { own += field; });
    for (WireMessage &message : wire_messages(update, store_id, own))
        unsent_.push_back(std::move(message));
    ++updates_;
    if (!snapshot && update.position.value() - position_.value() > 1)
        ++merged_;
    tell_gone_ = false;
    position_ = update.position;
    revision_ = update.revision;
}

} // namespace coax::controller
