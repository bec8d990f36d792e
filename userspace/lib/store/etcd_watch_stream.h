// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include <grpcpp/grpcpp.h>

#include "lib/store/etcd_client.h"

namespace coax {

/// One watch of one member, read in the thread that asks; nothing is read ahead of it but one answer.
/// Threads: one; only cancel() from any.
class EtcdWatchStream {
  public:
    struct Step {
        std::optional<etcdserverpb::WatchResponse> response;
        std::optional<grpc::Status> ended; // neither: nothing came in time
    };

    /// `context` is introduced. Nothing is waited for.
    EtcdWatchStream(std::shared_ptr<const EtcdMember> member,
                    std::unique_ptr<grpc::ClientContext> context,
                    const etcdserverpb::WatchCreateRequest &create);
    EtcdWatchStream(const EtcdWatchStream &) = delete;
    EtcdWatchStream &operator=(const EtcdWatchStream &) = delete;
    ~EtcdWatchStream();

    [[nodiscard]] const EtcdMember &member() const { return *member_; }
    Step step(EtcdClient::Deadline deadline);
    /// Asks for a sign of life; absent an answer, the stream is dead.
    void request_progress();
    void cancel() { context_->TryCancel(); }

  private:
    enum class Tag : std::intptr_t { kStarted = 1, kRead, kWritten, kFinished };
    static void *as_pointer(Tag tag);

    void write_next();
    std::optional<Step> take(Tag tag, bool ok);

    const std::shared_ptr<const EtcdMember> member_;
    const std::unique_ptr<grpc::ClientContext> context_;
    grpc::CompletionQueue queue_;
    std::unique_ptr<
        grpc::ClientAsyncReaderWriter<etcdserverpb::WatchRequest, etcdserverpb::WatchResponse>>
        stream_;
    etcdserverpb::WatchRequest request_;
    etcdserverpb::WatchResponse response_;
    grpc::Status status_;
    bool writing_ = true; // the start is under way, then the first request
    bool progress_wanted_ = false;
    bool finishing_ = false;
};

} // namespace coax
