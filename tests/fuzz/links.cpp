// SPDX-License-Identifier: Apache-2.0
// rtnetlink dumps of links and addresses.
#include "fuzz/replies.h"
#include "fuzz/require.h"
#include "lib/net/rtnl_links.h"

using coax::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    for (const coax::NetlinkReply &reply : coax::fuzz::replies_of(std::span(data, size))) {
        const coax::Link link = coax::parse_link(reply);
        require(link.name.find('\0') == std::string::npos, "a name ends at its zero");
        const auto prefix = coax::parse_address(reply, link.index);
        if (!prefix)
            continue;
        require(prefix->length <= (prefix->address.is_v4() ? 32 : 128),
                "a prefix is not longer than its address");
        require(prefix->contains(prefix->address), "a prefix contains its address");
    }
    return 0;
}
