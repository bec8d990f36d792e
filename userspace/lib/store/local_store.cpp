// SPDX-License-Identifier: Apache-2.0
#include "lib/store/local_store.h"

#include <atomic>

#include "lib/base/guarded.h"
#include "lib/store/check.h"
#include "lib/store/lease_id.h"

namespace coax {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::seconds kExpiryRetry{1}; // after the disk was full

struct Shared {
    LocalState state;
    std::unique_ptr<Journal> journal;
    const Clock &clock;

    Result<Revision> commit(LocalBatch batch) {
        if (batch.empty())
            return state.revision();
        if (journal)
            COAX_TRY(journal->append(batch));
        state.apply(std::move(batch), clock.boot_now());
        return state.revision();
    }

    /// Every call begins with it: nobody sees a key whose lease has run out. Those that only read go
    /// on when it fails: such keys stay while the disk is full, as for everybody else.
    Status expire() {
        const auto expired = state.expired(clock.boot_now());
        if (!expired.empty())
            COAX_TRY(commit(state.plan_revoke(expired)));
        return {};
    }

    /// Not later than `deadline`, and when a lease runs out.
    [[nodiscard]] Steady::time_point wake_up_by(Steady::time_point deadline) const {
        const auto expiry = state.next_expiry();
        if (!expiry)
            return deadline;
        auto left = std::chrono::duration_cast<Steady::duration>(*expiry - clock.boot_now());
        if (left <= Steady::duration::zero())
            left = kExpiryRetry;
        return std::min(deadline, Steady::now() + left);
    }
};

class LocalWatch final : public StoreWatch {
  public:
    LocalWatch(Guarded<Shared> &shared, std::string prefix, Revision from)
        : shared_(shared), prefix_(std::move(prefix)), from_(from) {}

    Result<StoreUpdate> next(std::chrono::milliseconds patience) override {
        const auto deadline = Steady::now() + patience;
        for (;;) {
            auto wake_up = deadline;
            StoreUpdate update =
                shared_.change([&](Shared &shared) { return look(shared, deadline, wake_up); });
            from_ = Revision(update.revision.value() + 1);
            if (update.kind != StoreUpdate::Kind::kQuiet || Steady::now() >= deadline)
                return update;
            (void)shared_.wait_until(wake_up, [&](const Shared &shared) {
                return cancelled_ || shared.state.revision() >= from_;
            });
        }
    }

    void cancel() override {
        cancelled_ = true;
        shared_.change([](Shared &) {});
    }

  private:
    StoreUpdate look(Shared &shared, Steady::time_point deadline,
                     Steady::time_point &wake_up) const {
        StoreUpdate ended;
        ended.revision = Revision(from_.value() - 1);
        if (cancelled_) {
            ended.kind = StoreUpdate::Kind::kCancelled;
            return ended;
        }
        (void)shared.expire();
        if (!shared.state.reaches_back_to(from_)) {
            ended.kind = StoreUpdate::Kind::kListAgain;
            return ended;
        }
        wake_up = shared.wake_up_by(deadline);
        return shared.state.events_since(prefix_, from_);
    }

    Guarded<Shared> &shared_;
    const std::string prefix_;
    Revision from_;
    std::atomic<bool> cancelled_ = false;
};

class LocalStore final : public Store {
  public:
    LocalStore(LocalState state, std::unique_ptr<Journal> journal, const Clock &clock)
        : shared_(Shared{std::move(state), std::move(journal), clock}) {}

    Result<StoreFound> get(std::string_view key) override {
        COAX_TRY(check_key(key));
        return read<StoreFound>([&](Shared &shared) { return shared.state.get(key); });
    }

    Result<StoreListing> list(std::string_view prefix) override {
        return read<StoreListing>([&](Shared &shared) { return shared.state.list(prefix); });
    }

    Result<Revision> commit(const StoreTransaction &transaction) override {
        COAX_TRY(check_transaction(transaction));
        return write<Revision>([&](Shared &shared) -> Result<Revision> {
            COAX_ASSIGN_OR_RETURN(LocalBatch batch, shared.state.plan(transaction));
            return shared.commit(std::move(batch));
        });
    }

    Result<StoreLease> grant_lease(std::chrono::seconds ttl) override {
        COAX_TRY(check_ttl(ttl));
        const LeaseId lease = make_lease_id();
        return write<StoreLease>([&](Shared &shared) -> Result<StoreLease> {
            COAX_ASSIGN_OR_RETURN(const Revision revision,
                                  shared.commit(shared.state.plan_grant(lease, ttl)));
            return StoreLease{lease, ttl, revision};
        });
    }

    Result<StoreLease> keep_alive(LeaseId lease) override {
        return read<StoreLease>([&](Shared &shared) {
            return shared.state.keep_alive(lease, shared.clock.boot_now());
        });
    }

    Result<Revision> revoke_lease(LeaseId lease) override {
        return write<Revision>(
            [&](Shared &shared) { return shared.commit(shared.state.plan_revoke({lease})); });
    }

    Result<std::unique_ptr<StoreWatch>> watch(std::string prefix, Revision from) override {
        COAX_TRY(check_watch(from));
        return std::unique_ptr<StoreWatch>(
            std::make_unique<LocalWatch>(shared_, std::move(prefix), from));
    }

  private:
    template <typename T, typename Use>
    Result<T> read(Use use) {
        return shared_.change([&](Shared &shared) -> Result<T> {
            (void)shared.expire();
            return use(shared);
        });
    }

    template <typename T, typename Use>
    Result<T> write(Use use) {
        return shared_.change([&](Shared &shared) -> Result<T> {
            COAX_TRY(shared.expire());
            return use(shared);
        });
    }

    Guarded<Shared> shared_;
};

} // namespace

std::unique_ptr<Store> make_local_store(LocalState state, std::unique_ptr<Journal> journal,
                                        const Clock &clock) {
    return std::make_unique<LocalStore>(std::move(state), std::move(journal), clock);
}

} // namespace coax
