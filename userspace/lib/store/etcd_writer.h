// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/guarded.h"
#include "lib/store/etcd_client.h"

namespace coax {

/// Transactions that happen once or not at all, though requests and replies are lost.
///
/// Every transaction also compares and puts a key that one thread at a time has for itself, its
/// slip: N must be there, N + 1 is put. A transaction that is sent again cannot happen twice, and what
/// the slip holds says whether it happened. Before a failure is reported while an earlier copy may
/// still be under way, the slip is moved on without it: then no copy can happen any more.
/// Slips go with a lease that is never renewed; they are used for the first half of its life.
/// Threads: any.
class EtcdWriter {
  public:
    explicit EtcdWriter(EtcdClient &client) : client_(client) {}

    /// The transaction was checked. Errors as of Store.
    Result<Revision> commit(const StoreTransaction &transaction);

  private:
    struct Slip {
        std::string key;
        LeaseId lease;
        std::uint64_t number = 0; // in etcd; 0: not there yet
        std::chrono::steady_clock::time_point discard_after;
    };
    /// What an attempt, or what is there after it, came to.
    struct Verdict {
        std::optional<Revision> done;
        std::optional<Error> failed;
        bool slip_lost = false; // its lease ended: try with another
    };

    Result<Slip> take_slip(EtcdClient::Deadline deadline);
    Result<Slip> make_slip(EtcdClient::Deadline deadline);
    Result<Revision> compare_only(const StoreTransaction &transaction);
    Verdict write(Slip &slip, const StoreTransaction &transaction, EtcdClient::Deadline deadline);
    Verdict judge(const Slip &slip, const StoreTransaction &transaction,
                  const etcdserverpb::TxnResponse &response) const;
    Verdict settle(Slip &slip, const Error &failure, EtcdClient::Deadline deadline);
    void add_user_part(const StoreTransaction &transaction,
                       etcdserverpb::TxnRequest &request) const;

    EtcdClient &client_;
    Guarded<std::vector<Slip>> idle_;
};

} // namespace coax
