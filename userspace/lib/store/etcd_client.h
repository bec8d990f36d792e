// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <grpcpp/grpcpp.h>

#include "etcd_wire.grpc.pb.h"
#include "lib/base/guarded.h"
#include "lib/store/etcd_fault.h"
#include "lib/store/etcd_store.h"

namespace coax {

/// One member of the cluster and a connection to it.
struct EtcdMember {
    std::string endpoint;
    std::unique_ptr<etcdserverpb::KV::Stub> kv;
    std::unique_ptr<etcdserverpb::Watch::Stub> watch;
    std::unique_ptr<etcdserverpb::Lease::Stub> lease;
    std::unique_ptr<etcdserverpb::Auth::Stub> auth;
};

/// Which member is asked, as whom, and what is done when it does not answer: the next is asked.
/// Threads: any.
class EtcdClient {
  public:
    using Deadline = std::chrono::steady_clock::time_point;
    using Attempt = std::function<grpc::Status(const EtcdMember &, grpc::ClientContext &)>;

    struct Outcome {
        std::optional<EtcdFault> fault; // absent: an attempt was answered
        bool in_doubt = false;          // an attempt before may have reached etcd
    };

    EtcdClient(EtcdOptions options, Log log);

    [[nodiscard]] const EtcdOptions &options() const { return options_; }
    [[nodiscard]] const Log &log() const { return log_; }
    [[nodiscard]] Deadline call_deadline() const;

    /// Attempts, one member after the other, until one is answered or refused for good.
    Outcome run(const Attempt &attempt, Deadline deadline);
    /// The same for what may happen twice.
    Status ask(const Attempt &attempt, Deadline deadline);
    /// Linearizable. An answer older than one before is not believed, unless it is all there is:
    /// then the store was restored or wiped.
    Outcome range(const etcdserverpb::RangeRequest &request, etcdserverpb::RangeResponse &response,
                  Deadline deadline);

    /// For streams, which outlive a call. An error is one of the options' files.
    Result<std::shared_ptr<const EtcdMember>> member();
    /// Asks another member from now on, if this one is still the one that is asked.
    void leave(const EtcdMember &member, const Error &why);
    /// Who we are, and that a member without a leader must not answer.
    std::optional<EtcdFault> introduce(const EtcdMember &member, grpc::ClientContext &context,
                                       Deadline deadline);
    void forget_token();

  private:
    struct Place {
        std::size_t index = 0;
        std::shared_ptr<const EtcdMember> member;
    };

    std::optional<EtcdFault> attempt_once(const Attempt &attempt, Deadline deadline,
                                          const EtcdMember &member);
    [[nodiscard]] Deadline attempt_deadline(Deadline deadline) const;
    Result<std::shared_ptr<const EtcdMember>> connect(std::size_t index) const;
    [[nodiscard]] Result<std::shared_ptr<grpc::ChannelCredentials>> credentials() const;
    std::optional<EtcdFault> authenticate(const EtcdMember &member, Deadline deadline);

    struct Seen {
        std::uint64_t cluster = 0;
        std::int64_t revision = 0;
    };

    const EtcdOptions options_;
    const Log log_;
    Guarded<Place> place_;
    Guarded<std::string> token_;
    Guarded<Seen> seen_;
};

/// A time for gRPC.
std::chrono::system_clock::time_point wall_time_of(EtcdClient::Deadline deadline);

} // namespace coax
