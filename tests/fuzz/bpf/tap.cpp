// SPDX-License-Identifier: Apache-2.0
#include "fuzz/bpf/tap.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>

namespace coax::fuzz {

namespace {

constexpr std::size_t kFrameMax = 128UL * 1024;
constexpr int kQueueBytes = 8 * 1024 * 1024;

} // namespace

Tap::Tap()
    : fd_(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL))),
      buffer_(kFrameMax) {
    if (fd_.get() < 0 ||
        setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kQueueBytes, sizeof(kQueueBytes)) != 0) {
        std::perror("packet socket (the fuzzer needs root)");
        std::abort();
    }
}

std::vector<Sent> Tap::take() {
    std::vector<Sent> sent;
    sockaddr_ll from{};
    socklen_t from_bytes = sizeof(from);
    for (;;) {
        const ssize_t bytes = recvfrom(fd_.get(), buffer_.data(), buffer_.size(), 0,
                                       reinterpret_cast<sockaddr *>(&from), &from_bytes);
        if (bytes < 0)
            return sent;
        if (from.sll_pkttype == PACKET_OUTGOING)
            sent.push_back({.ifindex = static_cast<std::uint32_t>(from.sll_ifindex),
                            .frame = Bytes(buffer_.begin(), buffer_.begin() + bytes)});
    }
}

} // namespace coax::fuzz
