// SPDX-License-Identifier: Apache-2.0
#include "lib/store/etcd_watch.h"

#include <algorithm>
#include <utility>

#include "lib/store/etcd_keys.h"
#include "lib/store/etcd_list.h"
#include "lib/store/etcd_pause.h"

namespace coax {
namespace {

using Kind = EtcdFault::Kind;
using Steady = std::chrono::steady_clock;

constexpr int kRefusalsMax = 3;

} // namespace

EtcdWatch::EtcdWatch(EtcdClient &client, std::string prefix, Revision from)
    : client_(client),
      prefix_(std::move(prefix)),
      from_(from),
      view_(client.options().prefix, from),
      heard_at_(Steady::now()) {}

Result<StoreUpdate> EtcdWatch::next(std::chrono::milliseconds patience) {
    const auto deadline = Steady::now() + patience;
    EtcdPause pause;
    for (;;) {
        if (auto told = ready())
            return *std::move(told);
        const MaybeFault fault = advance(deadline);
        if (fault) {
            if (auto error = bear(*fault))
                return *std::move(error);
        }
        const bool late = Steady::now() >= deadline;
        if (fault && late && !over_ && !cancelled_)
            return Error(ErrorCode::kUnavailable, "watch: " + fault->error.message());
        if (fault)
            pause.wait(deadline);
        else if (late && !view_.has_updates() && !over_ && !cancelled_)
            return update(StoreUpdate::Kind::kQuiet);
    }
}

std::optional<StoreUpdate> EtcdWatch::ready() {
    if (cancelled_)
        return update(StoreUpdate::Kind::kCancelled);
    if (view_.has_updates()) {
        StoreUpdate told = update(StoreUpdate::Kind::kEvents);
        told.events = view_.take_updates();
        return told;
    }
    if (over_)
        return update(StoreUpdate::Kind::kListAgain);
    return std::nullopt;
}

StoreUpdate EtcdWatch::update(StoreUpdate::Kind kind) const {
    StoreUpdate made;
    made.kind = kind;
    made.revision = view_.told();
    return made;
}

void EtcdWatch::cancel() {
    cancelled_ = true;
    cancellable_.with([](const std::shared_ptr<EtcdWatchStream> &stream) {
        if (stream)
            stream->cancel();
    });
}

/// What ends the watch or is for the caller; other faults pass.
std::optional<Error> EtcdWatch::bear(const EtcdFault &fault) {
    switch (fault.kind) {
    case Kind::kCompacted:
    case Kind::kFuture:
        over_ = true;
        return std::nullopt;
    case Kind::kRenewToken:
        client_.forget_token();
        if (++refusals_ < kRefusalsMax && !client_.options().username.empty())
            return std::nullopt;
        refusals_ = 0;
        return fault.error.with_context("watch");
    case Kind::kFinal:
    case Kind::kLeaseExists:
        return fault.error.with_context("watch");
    case Kind::kElsewhere:
        return std::nullopt;
    }
    return std::nullopt;
}

EtcdWatch::MaybeFault EtcdWatch::advance(Deadline deadline) {
    if (!begun_) {
        if (auto fault = begin())
            return fault;
    }
    if (!stream_) {
        if (auto fault = connect())
            return fault;
    }
    if (Steady::now() >= compare_at_) {
        if (auto fault = compare())
            return fault;
    }
    if (repair_at_ && Steady::now() >= *repair_at_) {
        if (auto fault = repair())
            return fault;
    }
    if (over_ || view_.has_updates())
        return std::nullopt;
    return read(deadline);
}

EtcdWatch::MaybeFault EtcdWatch::begin() {
    const Revision before(from_.value() - 1);
    etcdserverpb::RangeResponse list;
    if (before != Revision()) {
        const auto outcome = etcd_list(client_, {prefix_, before, true}, list,
                                       Steady::now() + client_.options().attempt_timeout);
        if (outcome.fault)
            return outcome.fault;
    }
    view_.begin(list);
    begun_ = true;
    return std::nullopt;
}

EtcdWatch::MaybeFault EtcdWatch::connect() {
    auto member = client_.member();
    if (!member.ok())
        return EtcdFault{Kind::kFinal, member.error()};
    auto context = std::make_unique<grpc::ClientContext>();
    if (auto fault = client_.introduce(**member, *context,
                                       Steady::now() + client_.options().attempt_timeout)) {
        client_.leave(**member, fault->error);
        return fault;
    }
    etcdserverpb::WatchCreateRequest create;
    create.set_key(prefix_);
    create.set_range_end(etcd_range_end(prefix_));
    create.set_start_revision(static_cast<std::int64_t>(view_.told().value()) + 1);
    stream_ = std::make_shared<EtcdWatchStream>(std::move(*member), std::move(context), create);
    cancellable_.with([&](std::shared_ptr<EtcdWatchStream> &stream) { stream = stream_; });
    if (cancelled_) // by somebody who did not see it
        stream_->cancel();
    heard_at_ = Steady::now();
    asked_at_ = heard_at_;
    comparing_ = false;
    repair_at_.reset();
    compare_at_ = Deadline::max();
    return std::nullopt;
}

EtcdWatch::Deadline EtcdWatch::next_check(Deadline deadline) const {
    const auto &options = client_.options();
    const auto alive =
        asked_at_ ? *asked_at_ + options.attempt_timeout : heard_at_ + options.quiet_check;
    return std::min({deadline, compare_at_, alive, repair_at_.value_or(Deadline::max())});
}

EtcdWatch::MaybeFault EtcdWatch::read(Deadline deadline) {
    const auto step = stream_->step(next_check(deadline));
    if (step.response)
        return take(*step.response);
    if (step.ended && step.ended->ok())
        return lose_stream(
            {Kind::kElsewhere, Error(ErrorCode::kUnavailable, "etcd: end of watch")});
    if (step.ended)
        return lose_stream(etcd_fault(*step.ended));
    return check_alive();
}

EtcdWatch::MaybeFault EtcdWatch::check_alive() {
    const auto now = Steady::now();
    const auto &options = client_.options();
    if (asked_at_ && now - *asked_at_ >= options.attempt_timeout) {
        client_.forget_token(); // it may be what the member waits for
        return lose_stream({Kind::kElsewhere, Error(ErrorCode::kUnavailable,
                                                    stream_->member().endpoint + " is silent")});
    }
    if (!asked_at_ && now - heard_at_ >= options.quiet_check)
        ask_for_progress();
    return std::nullopt;
}

void EtcdWatch::ask_for_progress() {
    stream_->request_progress();
    asked_at_ = Steady::now();
}

EtcdWatch::MaybeFault EtcdWatch::lose_stream(EtcdFault why) {
    if (why.kind == Kind::kElsewhere)
        client_.leave(stream_->member(), why.error);
    cancellable_.with([](std::shared_ptr<EtcdWatchStream> &stream) { stream.reset(); });
    stream_.reset();
    return why;
}

EtcdWatch::MaybeFault EtcdWatch::take(const etcdserverpb::WatchResponse &response) {
    heard_at_ = Steady::now();
    asked_at_.reset();
    if (response.compact_revision() != 0)
        return EtcdFault{Kind::kCompacted, Error(ErrorCode::kNotFound, "compacted")};
    if (response.canceled())
        return lose_stream(etcd_watch_fault(response.cancel_reason()));
    if (response.created()) {
        refusals_ = 0;
        // The first stream begins where the view does.
        compare_at_ = std::exchange(connected_, true) ? heard_at_
                                                      : heard_at_ + client_.options().relist_every;
        return std::nullopt;
    }
    view_.add(response);
    if (!comparing_)
        return std::nullopt;
    const bool far = etcd_revision(response.header().revision()) >= view_.compared();
    if (!view_.lacks_something() && far) {
        comparing_ = false;
        repair_at_.reset();
        view_.agree();
    } else if (far && !repair_at_) {
        repair_at_ = heard_at_ + client_.options().attempt_timeout;
    }
    return std::nullopt;
}

EtcdWatch::MaybeFault EtcdWatch::compare() {
    etcdserverpb::RangeResponse list;
    const auto outcome = etcd_list(client_, {prefix_, Revision(), true}, list,
                                   Steady::now() + client_.options().attempt_timeout);
    if (outcome.fault)
        return outcome.fault;
    compare_at_ = Steady::now() + client_.options().relist_every;
    if (etcd_revision(list.header().revision()) < view_.told()) {
        over_ = true; // another store, or an older one: restored, or wiped
        return std::nullopt;
    }
    view_.compare(list);
    comparing_ = true;
    repair_at_.reset();
    ask_for_progress();
    return std::nullopt;
}

EtcdWatch::MaybeFault EtcdWatch::repair() {
    const auto lost = view_.lacking();
    const auto deadline = Steady::now() + client_.options().attempt_timeout;
    for (const auto &[key, revision] : lost) {
        etcdserverpb::RangeRequest request;
        request.set_key(key);
        request.set_revision(static_cast<std::int64_t>(view_.compared().value()));
        etcdserverpb::RangeResponse found;
        const auto outcome = client_.range(request, found, deadline);
        if (outcome.fault)
            return outcome.fault;
        if (found.kvs_size() == 0)
            view_.repair_removed(key);
        else
            view_.repair(found.kvs(0));
    }
    view_.finish_repair();
    comparing_ = false;
    repair_at_.reset();
    client_.log().warn("etcd.watch.repaired",
                       {{"endpoint", stream_->member().endpoint}, {"lost_events", lost.size()}});
    return std::nullopt;
}

} // namespace coax
