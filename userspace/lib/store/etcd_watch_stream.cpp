// SPDX-License-Identifier: Apache-2.0
#include "lib/store/etcd_watch_stream.h"

#include <utility>

namespace coax {

void *EtcdWatchStream::as_pointer(Tag tag) {
    return reinterpret_cast<void *>(static_cast<std::intptr_t>(tag));
}

EtcdWatchStream::EtcdWatchStream(std::shared_ptr<const EtcdMember> member,
                                 std::unique_ptr<grpc::ClientContext> context,
                                 const etcdserverpb::WatchCreateRequest &create)
    : member_(std::move(member)), context_(std::move(context)) {
    *request_.mutable_create_request() = create;
    stream_ = member_->watch->AsyncWatch(context_.get(), &queue_, as_pointer(Tag::kStarted));
}

EtcdWatchStream::~EtcdWatchStream() {
    context_->TryCancel();
    queue_.Shutdown();
    void *tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
}

EtcdWatchStream::Step EtcdWatchStream::step(EtcdClient::Deadline deadline) {
    for (;;) {
        void *pointer = nullptr;
        bool ok = false;
        const auto next = queue_.AsyncNext(&pointer, &ok, wall_time_of(deadline));
        if (next != grpc::CompletionQueue::GOT_EVENT)
            return {};
        const auto tag = static_cast<Tag>(reinterpret_cast<std::intptr_t>(pointer));
        if (auto step = take(tag, ok))
            return *std::move(step);
    }
}

std::optional<EtcdWatchStream::Step> EtcdWatchStream::take(Tag tag, bool ok) {
    if (tag == Tag::kFinished)
        return Step{std::nullopt, status_};
    if (!ok) { // the stream is over: what did it say?
        writing_ = true;
        if (!std::exchange(finishing_, true))
            stream_->Finish(&status_, as_pointer(Tag::kFinished));
        return std::nullopt;
    }
    if (tag == Tag::kStarted) {
        stream_->Write(request_, as_pointer(Tag::kWritten));
        stream_->Read(&response_, as_pointer(Tag::kRead));
        return std::nullopt;
    }
    if (tag == Tag::kWritten) {
        writing_ = false;
        write_next();
        return std::nullopt;
    }
    Step step{std::move(response_), std::nullopt};
    response_ = {};
    stream_->Read(&response_, as_pointer(Tag::kRead));
    return step;
}

void EtcdWatchStream::request_progress() {
    progress_wanted_ = true;
    write_next();
}

void EtcdWatchStream::write_next() {
    if (writing_ || !progress_wanted_)
        return;
    progress_wanted_ = false;
    writing_ = true;
    request_.mutable_progress_request();
    stream_->Write(request_, as_pointer(Tag::kWritten));
}

} // namespace coax
