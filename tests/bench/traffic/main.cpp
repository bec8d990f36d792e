// SPDX-License-Identifier: Apache-2.0
// bench_traffic udp|rtt NETNS NETNS ADDRESS ADDRESS COUNT: small datagrams from the first end to the
// second, both ends in this one thread, so that its own share is small and always the same.
//
//   udp  windows of datagrams, each received whole before the next is sent: the cost per datagram of
//        the whole way, without loss by overload
//   rtt  one datagram there and one back
//
// Prints one JSON object. Exit code 1 with a message when a datagram does not come.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/net/netns.h"

namespace coax::bench {
namespace {

constexpr std::size_t kDatagramBytes = 64;
constexpr std::size_t kWindow = 32; // fits every queue on the way
constexpr std::uint16_t kUdpPort = 5001;
constexpr int kPatienceMs = 10'000; // of guest time; nothing is lost on a healthy way
constexpr std::size_t kWarmUp = 2 * kWindow;

using Clock = std::chrono::steady_clock;
using Datagram = std::array<char, kDatagramBytes>;

/// IPv4 or IPv6 socket address of `text` and kUdpPort; the length is 0 when it is neither.
struct Address {
    sockaddr_storage storage{};
    socklen_t bytes = 0;

    explicit Address(const char *text) {
        auto *v4 = reinterpret_cast<sockaddr_in *>(&storage);
        auto *v6 = reinterpret_cast<sockaddr_in6 *>(&storage);
        if (::inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
            v4->sin_family = AF_INET;
            v4->sin_port = htons(kUdpPort);
            bytes = sizeof(*v4);
        } else if (::inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
            v6->sin6_family = AF_INET6;
            v6->sin6_port = htons(kUdpPort);
            bytes = sizeof(*v6);
        }
    }
    [[nodiscard]] const sockaddr *get() const {
        return reinterpret_cast<const sockaddr *>(&storage);
    }
};

Error failed(const std::string &what) {
    return Error::from_errno(what, errno);
}

/// A connected socket at `here` in a namespace.
Result<UniqueFd> open_end(const char *netns_path, const char *here, const char *there) {
    const Address local(here);
    const Address remote(there);
    if (local.bytes == 0 || remote.bytes == 0)
        return Error(ErrorCode::kInvalid,
                     std::string("expected two IP addresses, found ") + here + " and " + there);
    const UniqueFd netns(::open(netns_path, O_RDONLY | O_CLOEXEC));
    if (!netns.valid())
        return failed(std::string("open ") + netns_path);
    const Result<NetnsGuard> inside = NetnsGuard::enter(netns.get());
    if (!inside.ok())
        return inside.error();
    UniqueFd socket(::socket(local.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket.valid() || ::bind(socket.get(), local.get(), local.bytes) != 0 ||
        ::connect(socket.get(), remote.get(), remote.bytes) != 0)
        return failed(std::string("UDP socket from ") + here + " to " + there);
    return socket;
}

Status send_window(int socket, std::size_t count) {
    static Datagram data{};
    std::array<iovec, kWindow> parts{};
    std::array<mmsghdr, kWindow> messages{};
    for (std::size_t i = 0; i < count; ++i) {
        parts.at(i) = {.iov_base = data.data(), .iov_len = data.size()};
        messages.at(i).msg_hdr.msg_iov = &parts.at(i);
        messages.at(i).msg_hdr.msg_iovlen = 1;
    }
    std::size_t sent = 0;
    while (sent < count) {
        const int more =
            ::sendmmsg(socket, messages.data() + sent, static_cast<unsigned>(count - sent), 0);
        if (more < 0)
            return failed("send datagrams");
        sent += static_cast<std::size_t>(more);
    }
    return {};
}

Status receive_one(int socket) {
    Datagram data{};
    if (::recv(socket, data.data(), data.size(), MSG_DONTWAIT) >= 0)
        return {};
    if (errno != EAGAIN)
        return failed("receive a datagram");
    pollfd wait{.fd = socket, .events = POLLIN, .revents = 0};
    if (::poll(&wait, 1, kPatienceMs) == 1 && ::recv(socket, data.data(), data.size(), 0) >= 0)
        return {};
    return Error(ErrorCode::kUnavailable, "a datagram did not come within " +
                                              std::to_string(kPatienceMs) +
                                              " ms: is the overlay up and lossless?");
}

Status pass_windows(int from, int to, std::size_t count) {
    for (std::size_t done = 0; done < count; done += kWindow) {
        const std::size_t now = std::min(kWindow, count - done);
        COAX_TRY(send_window(from, now));
        for (std::size_t i = 0; i < now; ++i)
            COAX_TRY(receive_one(to));
    }
    return {};
}

double microseconds(Clock::duration time) {
    return std::chrono::duration<double, std::micro>(time).count();
}

Status measure_udp(int first, int second, std::size_t count) {
    COAX_TRY(pass_windows(first, second, kWarmUp));
    const auto begin = Clock::now();
    COAX_TRY(pass_windows(first, second, count));
    std::printf("{\"us_per_datagram\": %.3f}\n",
                microseconds(Clock::now() - begin) / static_cast<double>(count));
    return {};
}

Status measure_rtt(int first, int second, std::size_t count) {
    std::vector<double> trips;
    for (std::size_t i = 0; i < kWarmUp + count; ++i) {
        const auto begin = Clock::now();
        COAX_TRY(send_window(first, 1));
        COAX_TRY(receive_one(second));
        COAX_TRY(send_window(second, 1));
        COAX_TRY(receive_one(first));
        if (i >= kWarmUp)
            trips.push_back(microseconds(Clock::now() - begin));
    }
    std::ranges::nth_element(trips, trips.begin() + static_cast<long>(trips.size() / 2));
    std::printf("{\"us_round_trip\": %.3f}\n", trips[trips.size() / 2]);
    return {};
}

Status run(std::span<const char *const> words) {
    std::size_t count = 0;
    const std::string_view number = words[6];
    if (std::from_chars(number.data(), number.data() + number.size(), count).ec != std::errc{} ||
        count == 0)
        return Error(ErrorCode::kInvalid,
                     "expected a count above 0, found '" + std::string(number) + "'");
    COAX_ASSIGN_OR_RETURN(const UniqueFd first, open_end(words[2], words[4], words[5]));
    COAX_ASSIGN_OR_RETURN(const UniqueFd second, open_end(words[3], words[5], words[4]));
    if (std::string_view(words[1]) == "udp")
        return measure_udp(first.get(), second.get(), count);
    if (std::string_view(words[1]) == "rtt")
        return measure_rtt(first.get(), second.get(), count);
    return Error(ErrorCode::kInvalid, std::string("expected udp or rtt, found '") + words[1] + "'");
}

} // namespace
} // namespace coax::bench

int main(int argc, char **argv) {
    if (argc != 7) {
        std::fprintf(stderr,
                     "usage: bench_traffic udp|rtt NETNS NETNS ADDRESS ADDRESS COUNT\n"
                     "  NETNS: paths like /run/netns/NAME of the first and the second end\n");
        return 2;
    }
    const auto done = coax::bench::run({argv, static_cast<std::size_t>(argc)});
    if (!done.ok()) {
        std::fprintf(stderr, "bench_traffic: %s\n", done.error().message().c_str());
        return 1;
    }
    return 0;
}
