// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "lib/base/guarded.h"
#include "lib/store/etcd_client.h"
#include "lib/store/etcd_view.h"
#include "lib/store/etcd_watch_stream.h"

namespace coax {

/// A watch that goes on at another member when one is lost, and is compared with a list after that
/// and from time to time, for etcd before 3.4.38 loses and repeats events.
/// Threads and errors as of StoreWatch.
class EtcdWatch final : public StoreWatch {
  public:
    /// `prefix` in etcd. The client outlives it.
    EtcdWatch(EtcdClient &client, std::string prefix, Revision from);

    Result<StoreUpdate> next(std::chrono::milliseconds patience) override;
    void cancel() override;

  private:
    using Deadline = EtcdClient::Deadline;
    using MaybeFault = std::optional<EtcdFault>;

    [[nodiscard]] std::optional<StoreUpdate> ready();
    [[nodiscard]] StoreUpdate update(StoreUpdate::Kind kind) const;
    MaybeFault advance(Deadline deadline);
    MaybeFault begin();
    MaybeFault connect();
    MaybeFault read(Deadline deadline);
    MaybeFault take(const etcdserverpb::WatchResponse &response);
    MaybeFault check_alive();
    MaybeFault compare();
    MaybeFault repair();
    MaybeFault lose_stream(EtcdFault why);
    std::optional<Error> bear(const EtcdFault &fault);
    void ask_for_progress();
    [[nodiscard]] Deadline next_check(Deadline deadline) const;

    EtcdClient &client_;
    const std::string prefix_;
    const Revision from_;
    EtcdView view_;
    bool begun_ = false;     // the view holds what was there before the first event
    bool connected_ = false; // before: the next stream is not the first
    bool over_ = false;      // only kListAgain is left
    int refusals_ = 0;       // of the token, one after the other
    std::atomic<bool> cancelled_ = false;
    std::shared_ptr<EtcdWatchStream> stream_;
    Guarded<std::shared_ptr<EtcdWatchStream>> cancellable_; // the same, for cancel()

    Deadline heard_at_;
    std::optional<Deadline> asked_at_; // for a sign of life that did not come yet
    Deadline compare_at_ = Deadline::max();
    bool comparing_ = false;            // a list was made, the stream has not come as far
    std::optional<Deadline> repair_at_; // what it lacks by then was lost
};

} // namespace coax
