// SPDX-License-Identifier: Apache-2.0
#include "lib/control/fleet_stream.h"

#include <chrono>
#include <utility>

#include <asio/post.hpp>

namespace coax {
namespace {

constexpr std::chrono::seconds kDonePatience{1}; // then once more

} // namespace

std::shared_ptr<FleetStream> FleetStream::open(asio::io_context &loop,
                                               const std::shared_ptr<grpc::Channel> &channel,
                                               Events events) {
    std::shared_ptr<FleetStream> stream(new FleetStream(loop, channel, std::move(events)));
    stream->stub_->async()->Follow(&stream->context_, stream.get());
    stream->AddHold();
    stream->StartRead(&stream->incoming_);
    stream->StartCall();
    return stream;
}

FleetStream::FleetStream(asio::io_context &loop, const std::shared_ptr<grpc::Channel> &channel,
                         Events events)
    : loop_(&loop), events_(std::move(events)), stub_(controller::v1::Fleet::NewStub(channel)) {}

void FleetStream::write(controller::v1::FromAgent message) {
    if (!held_)
        return; // the call is over, `ended` is on its way
    outgoing_ = std::move(message);
    StartWrite(&outgoing_);
}

void FleetStream::close() {
    if (std::exchange(closed_, true))
        return;
    loop_.with([](asio::io_context *&loop) { loop = nullptr; });
    context_.TryCancel();
    release();
    while (!done_->wait_until(std::chrono::steady_clock::now() + kDonePatience,
                              [](bool done) { return done; })) {
    }
}

void FleetStream::release() {
    if (std::exchange(held_, false))
        RemoveHold();
}

void FleetStream::post(std::function<void(FleetStream &)> what) {
    loop_.with([&](asio::io_context *loop) {
        if (loop == nullptr)
            return;
        asio::post(*loop, [stream = shared_from_this(), what = std::move(what)] {
            if (!stream->closed_)
                what(*stream);
        });
    });
}

void FleetStream::OnReadDone(bool ok) {
    if (!ok) // the call is over: OnDone says how, once the hold is gone
        return post([](FleetStream &stream) { stream.release(); });
    post([](FleetStream &stream) {
        stream.events_.message(stream.incoming_);
        stream.read_next();
    });
}

void FleetStream::read_next() {
    if (closed_)
        return;
    incoming_.Clear();
    StartRead(&incoming_);
}

void FleetStream::OnWriteDone(bool ok) {
    if (ok)
        post([](FleetStream &stream) { stream.events_.written(); });
}

void FleetStream::OnDone(const grpc::Status &status) {
    post([status](FleetStream &stream) { stream.events_.ended(status); });
    const auto done = done_; // what waits for it may destroy this
    done->change([](bool &value) { value = true; });
}

} // namespace coax
