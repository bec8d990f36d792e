// SPDX-License-Identifier: Apache-2.0
// Bytes of a fuzzer as the messages of a netlink answer: type and length, 16 bits each in the
// machine's order, then the payload; what is left at the end is the last message's.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <vector>

#include "lib/net/netlink.h"

namespace coax::fuzz {

inline std::vector<NetlinkReply> replies_of(std::span<const std::uint8_t> bytes) {
    std::vector<NetlinkReply> replies;
    std::array<std::uint16_t, 2> head{};
    while (bytes.size() >= sizeof(head)) {
        std::memcpy(head.data(), bytes.data(), sizeof(head));
        bytes = bytes.subspan(sizeof(head));
        const auto payload = bytes.first(std::min<std::size_t>(head[1], bytes.size()));
        replies.push_back({.type = head[0], .payload = {payload.begin(), payload.end()}});
        bytes = bytes.subspan(payload.size());
    }
    return replies;
}

} // namespace coax::fuzz
