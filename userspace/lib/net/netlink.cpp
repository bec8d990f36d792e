// SPDX-License-Identifier: Apache-2.0
#include "lib/net/netlink.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include <sys/socket.h>
#include <sys/time.h>

#include <fmt/format.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <sodium.h>

namespace coax {
namespace {

constexpr timeval kAnswerTimeout{.tv_sec = 2, .tv_usec = 0};
constexpr int kDumpAttempts = 5;

struct FreeBuffer {
    void operator()(unsigned char *buffer) const { std::free(buffer); }
};

/// The kernel's own words after an error (NLMSGERR_ATTR_MSG), if it sent any.
std::string explanation_of(const nlmsghdr &header, std::span<const std::uint8_t> payload,
                           const nlmsgerr &verdict) {
    if ((header.nlmsg_flags & NLM_F_ACK_TLVS) == 0)
        return {};
    std::size_t offset = sizeof(nlmsgerr);
    if ((header.nlmsg_flags & NLM_F_CAPPED) == 0 && verdict.msg.nlmsg_len > sizeof(nlmsghdr))
        offset += NLMSG_ALIGN(verdict.msg.nlmsg_len) - sizeof(nlmsghdr);
    if (offset >= payload.size())
        return {};
    return NetlinkAttributes(payload.subspan(offset), NLMSGERR_ATTR_MAX)
        .get_string(NLMSGERR_ATTR_MSG);
}

/// True when this message ends the answer.
bool take(const nlmsghdr &header, std::span<const std::uint8_t> payload, NetlinkAnswer &answer) {
    if (header.nlmsg_type == NLMSG_ERROR) {
        nlmsgerr verdict{};
        std::memcpy(&verdict, payload.data(), std::min(payload.size(), sizeof(verdict)));
        answer.error_number = -verdict.error;
        answer.explanation = explanation_of(header, payload, verdict);
        return true;
    }
    if (header.nlmsg_type == NLMSG_DONE) {
        int result = 0;
        std::memcpy(&result, payload.data(), std::min(payload.size(), sizeof(result)));
        answer.error_number = result < 0 ? -result : 0;
        return true;
    }
    if (header.nlmsg_type >= NLMSG_MIN_TYPE)
        answer.replies.push_back({header.nlmsg_type, {payload.begin(), payload.end()}});
    return false;
}

} // namespace

// --- request ------------------------------------------------------------------------------------

void NetlinkRequest::Deleter::operator()(nl_msg *message) const {
    nlmsg_free(message);
}

NetlinkRequest::NetlinkRequest(std::uint16_t type, std::uint16_t flags, std::size_t capacity_bytes)
    : message_(nlmsg_alloc_size(capacity_bytes)) {
    fits_ = message_ != nullptr &&
            nlmsg_put(message_.get(), NL_AUTO_PORT, NL_AUTO_SEQ, type, 0, flags) != nullptr;
}

NetlinkRequest::~NetlinkRequest() {
    if (message_ != nullptr)
        sodium_memzero(nlmsg_hdr(message_.get()), nlmsg_hdr(message_.get())->nlmsg_len);
}

void NetlinkRequest::append_bytes(const void *data, std::size_t size) {
    // libnl takes the data without const and only reads it.
    fits_ =
        fits_ && nlmsg_append(message_.get(), const_cast<void *>(data), size, NLMSG_ALIGNTO) == 0;
}

void NetlinkRequest::put_bytes(int attribute, const void *data, std::size_t size) {
    fits_ = fits_ && nla_put(message_.get(), attribute, static_cast<int>(size), data) == 0;
}

void NetlinkRequest::put(int attribute, std::span<const std::uint8_t> value) {
    put_bytes(attribute, value.data(), value.size());
}

void NetlinkRequest::put_string(int attribute, std::string_view value) {
    const std::string terminated(value);
    put_bytes(attribute, terminated.c_str(), terminated.size() + 1);
}

void NetlinkRequest::begin(int attribute) {
    if (!fits_)
        return;
    open_nests_.push_back(nla_nest_start(message_.get(), attribute | NLA_F_NESTED));
    fits_ = open_nests_.back() != nullptr;
}

void NetlinkRequest::end() {
    fits_ = fits_ && !open_nests_.empty() && nla_nest_end(message_.get(), open_nests_.back()) == 0;
    if (!open_nests_.empty())
        open_nests_.pop_back();
}

std::size_t NetlinkRequest::size_bytes() const {
    return message_ == nullptr ? 0 : nlmsg_hdr(message_.get())->nlmsg_len;
}

// --- answer -------------------------------------------------------------------------------------

NetlinkAttributes::NetlinkAttributes(std::span<const std::uint8_t> data, int highest_type)
    : table_(static_cast<std::size_t>(highest_type) + 1) {
    std::size_t offset = 0;
    while (data.size() - offset >= sizeof(nlattr)) {
        const auto *attribute =
            static_cast<const nlattr *>(static_cast<const void *>(data.data() + offset));
        if (attribute->nla_len < sizeof(nlattr) || attribute->nla_len > data.size() - offset)
            return;
        const auto type = static_cast<std::size_t>(attribute->nla_type & NLA_TYPE_MASK);
        if (type < table_.size())
            table_[type] = attribute;
        offset = std::min(offset + NLA_ALIGN(attribute->nla_len), data.size());
    }
}

bool NetlinkAttributes::present(int type) const {
    const auto index = static_cast<std::size_t>(type);
    return index < table_.size() && table_[index] != nullptr;
}

std::span<const std::uint8_t> NetlinkAttributes::get(int type) const {
    if (!present(type))
        return {};
    const nlattr *attribute = table_[static_cast<std::size_t>(type)];
    const auto *start = static_cast<const std::uint8_t *>(static_cast<const void *>(attribute));
    return {start + NLA_HDRLEN, attribute->nla_len - static_cast<std::size_t>(NLA_HDRLEN)};
}

std::string NetlinkAttributes::get_string(int type) const {
    const auto bytes = get(type);
    return {bytes.begin(), std::find(bytes.begin(), bytes.end(), 0)};
}

std::vector<std::span<const std::uint8_t>> netlink_list(std::span<const std::uint8_t> nest) {
    std::vector<std::span<const std::uint8_t>> items;
    std::size_t offset = 0;
    while (nest.size() - offset >= sizeof(nlattr)) {
        nlattr attribute{};
        std::memcpy(&attribute, nest.data() + offset, sizeof(attribute));
        if (attribute.nla_len < sizeof(nlattr) || attribute.nla_len > nest.size() - offset)
            break;
        items.push_back(nest.subspan(offset + NLA_HDRLEN, attribute.nla_len - sizeof(nlattr)));
        offset = std::min(offset + NLA_ALIGN(attribute.nla_len), nest.size());
    }
    return items;
}

NetlinkAttributes NetlinkReply::attributes(std::size_t header_bytes, int highest_type) const {
    const std::size_t offset = std::min(NLMSG_ALIGN(header_bytes), payload.size());
    return {std::span(payload).subspan(offset), highest_type};
}

Status NetlinkAnswer::status(std::string_view what) const {
    if (error_number == 0)
        return {};
    if (explanation.empty())
        return Error::from_errno(what, error_number);
    return Error::from_errno(fmt::format("{} (the kernel says: {})", what, explanation),
                             error_number);
}

// --- socket -------------------------------------------------------------------------------------

void NetlinkSocket::Deleter::operator()(nl_sock *socket) const {
    nl_socket_free(socket);
}

Result<NetlinkSocket> NetlinkSocket::open(int protocol) {
    NetlinkSocket socket(nl_socket_alloc());
    if (socket.socket_ == nullptr)
        return Error(ErrorCode::kSystem, "open netlink socket: out of memory");
    // Let the kernel choose the port: libnl's choice collides between namespaces and libraries.
    nl_socket_set_local_port(socket.socket_.get(), 0);
    if (const int result = nl_connect(socket.socket_.get(), protocol); result < 0)
        return Error(ErrorCode::kSystem, fmt::format("open netlink socket (protocol {}): {}",
                                                     protocol, nl_geterror(result)));
    const int fd = nl_socket_get_fd(socket.socket_.get());
    const int on = 1;
    // Better messages and filtered dumps; both are comfort, and all kernels from 4.20 have them.
    (void)::setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
    (void)::setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
    (void)::setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
    if (::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kAnswerTimeout, sizeof(kAnswerTimeout)) != 0)
        return Error::from_errno("set the timeout of a netlink socket", errno);
    return socket;
}

Status NetlinkSocket::send(NetlinkRequest &request) {
    if (!request.fits())
        return Error(ErrorCode::kInvalid, "netlink request is larger than its buffer");
    nlmsghdr *header = nlmsg_hdr(request.raw());
    header->nlmsg_seq = ++sequence_;
    header->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
    if (const int result = nl_send(socket_.get(), request.raw()); result < 0)
        return Error(ErrorCode::kSystem,
                     fmt::format("send netlink request: {}", nl_geterror(result)));
    return {};
}

/// Reads one datagram; true when it ended the answer.
Result<bool> NetlinkSocket::receive_into(NetlinkAnswer &answer, bool &interrupted) {
    sockaddr_nl from{};
    unsigned char *raw = nullptr;
    const int length = nl_recv(socket_.get(), &from, &raw, nullptr);
    const std::unique_ptr<unsigned char, FreeBuffer> buffer(raw);
    if (length <= 0)
        return Error(ErrorCode::kUnavailable,
                     fmt::format("no netlink answer from the kernel within {} s ({})",
                                 kAnswerTimeout.tv_sec,
                                 length == 0 ? "end of data" : nl_geterror(length)));
    const std::span<const std::uint8_t> data(raw, static_cast<std::size_t>(length));
    for (std::size_t offset = 0; data.size() - offset >= sizeof(nlmsghdr);) {
        nlmsghdr header{};
        std::memcpy(&header, data.data() + offset, sizeof(header));
        if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > data.size() - offset)
            return Error(ErrorCode::kSystem, "malformed netlink answer from the kernel");
        const auto payload = data.subspan(offset + NLMSG_HDRLEN, header.nlmsg_len - NLMSG_HDRLEN);
        offset = std::min(offset + NLMSG_ALIGN(header.nlmsg_len), data.size());
        if (from.nl_pid != 0 || header.nlmsg_seq != sequence_)
            continue; // the late answer to a request that timed out, or not from the kernel
        interrupted = interrupted || (header.nlmsg_flags & NLM_F_DUMP_INTR) != 0;
        if (take(header, payload, answer))
            return true;
    }
    return false;
}

Result<NetlinkAnswer> NetlinkSocket::transact(NetlinkRequest &request) {
    for (int attempt = 0; attempt < kDumpAttempts; ++attempt) {
        NetlinkAnswer answer;
        bool interrupted = false;
        COAX_TRY(send(request));
        for (bool finished = false; !finished;) {
            COAX_ASSIGN_OR_RETURN(finished, receive_into(answer, interrupted));
        }
        if (!interrupted)
            return answer;
    }
    return Error(ErrorCode::kUnavailable, "netlink dump kept changing while it was read");
}

int NetlinkSocket::fd() const {
    return nl_socket_get_fd(socket_.get());
}

Status NetlinkSocket::change(NetlinkRequest &request, std::string_view what) {
    auto answer = transact(request);
    if (!answer.ok())
        return answer.error().with_context(what);
    return answer->status(what);
}

} // namespace coax
