// SPDX-License-Identifier: Apache-2.0
#include "agent/mail/mailbox.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <endian.h>

#include <fmt/format.h>

namespace coax {
namespace {

std::vector<std::byte> message_of(Mail::Text text) {
    coax_control control{};
    control.magic_be = htobe32(COAX_CONTROL_MAGIC);
    control.version = COAX_CONTROL_VERSION;
    control.type = COAX_CONTROL_MAIL;
    std::vector<std::byte> message(sizeof(control) + text.size());
    std::memcpy(message.data(), &control, sizeof(control));
    std::ranges::copy(text, message.begin() + sizeof(control));
    return message;
}

} // namespace

Mailbox::Mailbox(asio::io_context &loop, Needs needs) : needs_(std::move(needs)), ready_(loop) {}

Status Mailbox::open() {
    COAX_ASSIGN_OR_RETURN(UniqueFd ready, needs_.datapath.mail_ready());
    asio::error_code error;
    ready_.assign(ready.get(), error);
    if (error)
        return Error(ErrorCode::kSystem, "wait for mail: " + error.message());
    static_cast<void>(ready.release()); // now of ready_
    read();
    wait();
    return {};
}

void Mailbox::wait() {
    ready_.async_wait(asio::posix::stream_descriptor::wait_read, [this](asio::error_code error) {
        if (error)
            return;
        read();
        wait();
    });
}

void Mailbox::read() {
    const Status done = needs_.datapath.read_mail([this](const coax_mail_record &record) {
        if (handler_)
            handler_(NodeId(record.node_id),
                     std::as_bytes(std::span(record.bytes).first(record.bytes_count)));
    });
    if (!done.ok())
        needs_.log.error("mail.unreadable", {{"error", done.error().message()}});
}

Status Mailbox::send(NodeId to, Text text) {
    const Way way = needs_.way();
    const auto peer = way.state.peers.find(to);
    if (peer == way.state.peers.end() || to == way.state.node.id)
        return Error(ErrorCode::kNotFound,
                     fmt::format("send mail: expected a peer, found node id {}", to.value()));
    if (text.empty() || text.size() > kBytesMax)
        return Error(ErrorCode::kInvalid,
                     fmt::format("send mail to {}: expected 1..{} bytes, found {}",
                                 peer->second.name, kBytesMax, text.size()));
    const TunnelPath path = way.tunnels.way_to(way.state, peer->second, sent_++);
    if (path.lane.value() == 0)
        return Error(ErrorCode::kNotFound,
                     fmt::format("send mail to {}: its lane is missing", peer->second.name));
    const auto message = message_of(text);
    return needs_.sender.send(path, message);
}

} // namespace coax
