// SPDX-License-Identifier: Apache-2.0
#include "lib/wireguard/uapi_socket.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <fmt/format.h>

#include <sodium.h>

#include "lib/wireguard/uapi_codec.h"

namespace coax {
namespace {

constexpr const char *kSocketDirectory = "/var/run/wireguard/";
constexpr std::size_t kAnswerMaxBytes =
    256U * 1024 * 1024; // 2^20 peers and a few hundred bytes each
constexpr std::size_t kChunkBytes = 65536;

/// Wipes a text that may hold a private key, whatever way a function is left.
class WipeOnExit {
  public:
    explicit WipeOnExit(std::string &text) : text_(text) {}
    WipeOnExit(const WipeOnExit &) = delete;
    WipeOnExit &operator=(const WipeOnExit &) = delete;
    ~WipeOnExit() { wipe_text(text_); }

  private:
    std::string &text_;
};

/// append() that leaves no copy behind when the text has to move.
void append_wiping(std::string &text, std::string_view more) {
    if (text.size() + more.size() > text.capacity()) {
        std::string larger;
        larger.reserve(2 * (text.size() + more.size()));
        larger = text;
        text.swap(larger);
        wipe_text(larger);
    }
    text += more;
}

} // namespace

std::string uapi_socket_path(const std::string &device) {
    return kSocketDirectory + device + ".sock";
}

Result<UapiSocket> UapiSocket::connect(const std::string &device, const Deadline &deadline) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = uapi_socket_path(device);
    if (path.size() >= sizeof(address.sun_path))
        return Error(ErrorCode::kInvalid, "UAPI socket path is too long: " + path);
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    UapiSocket connected(UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
                         device);
    if (!connected.fd_.valid())
        return Error::from_errno("open a UAPI socket", errno);
    const auto *generic = static_cast<const sockaddr *>(static_cast<const void *>(&address));
    while (::connect(connected.fd_.get(), generic, sizeof(address)) != 0) {
        // EAGAIN: the backlog is full; nothing announces room in it, so ask again in a moment.
        if (errno != EAGAIN)
            return Error::from_errno("connect to " + path, errno);
        if (deadline.passed())
            return Error(ErrorCode::kBusy,
                         path + " takes no more connections; is its process stopped?");
        (void)::poll(nullptr, 0, 1);
    }
    return connected;
}

Result<pid_t> UapiSocket::listener() const {
    ucred credentials{};
    socklen_t size = sizeof(credentials);
    if (::getsockopt(fd_.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
        return Error::from_errno("ask who listens on " + uapi_socket_path(device_), errno);
    return credentials.pid;
}

Status UapiSocket::wait_for(short events, const Deadline &deadline) {
    pollfd waited{.fd = fd_.get(), .events = events, .revents = 0};
    for (;;) {
        const int ready = ::poll(&waited, 1, deadline.remaining_ms());
        if (ready > 0)
            return {};
        if (ready < 0 && errno != EINTR)
            return Error::from_errno("wait for wireguard-go of " + device_, errno);
        if (deadline.passed())
            return Error(ErrorCode::kUnavailable,
                         fmt::format("wireguard-go of {} does not answer; is it stopped? see: "
                                     "ps -C wireguard-go -o pid,stat,args",
                                     device_));
    }
}

Status UapiSocket::send_all(std::string_view text, const Deadline &deadline) {
    while (!text.empty()) {
        const ssize_t sent = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
        if (sent > 0) {
            text.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno == EAGAIN) {
            COAX_TRY(wait_for(POLLOUT, deadline));
        } else if (errno != EINTR) {
            return Error::from_errno("send to wireguard-go of " + device_, errno);
        }
    }
    return {};
}

Result<std::string> UapiSocket::transact(std::string_view operation, const Deadline &deadline) {
    COAX_TRY(send_all(operation, deadline));
    std::string answer;
    WipeOnExit guard(answer);
    std::string chunk(kChunkBytes, '\0');
    WipeOnExit chunk_guard(chunk);
    while (!answer.ends_with("\n\n")) {
        COAX_TRY(wait_for(POLLIN, deadline));
        const ssize_t got = ::recv(fd_.get(), chunk.data(), chunk.size(), 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (got < 0)
            return Error::from_errno("receive from wireguard-go of " + device_, errno);
        if (got == 0)
            return Error(
                ErrorCode::kUnavailable,
                fmt::format("wireguard-go of {} closed the connection in the middle of its "
                            "answer",
                            device_));
        append_wiping(answer, std::string_view(chunk).substr(0, static_cast<std::size_t>(got)));
        if (answer.size() > kAnswerMaxBytes)
            return Error(ErrorCode::kInvalid,
                         fmt::format("answer of wireguard-go of {} is longer than {} bytes",
                                     device_, kAnswerMaxBytes));
    }
    return answer; // moved out: what the guard wipes is what is left
}

} // namespace coax
