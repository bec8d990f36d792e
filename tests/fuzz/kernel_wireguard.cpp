// SPDX-License-Identifier: Apache-2.0
// The generic netlink dump of a WireGuard device: what was read can be written and read again.
#include <netlink/msg.h>

#include "fuzz/replies.h"
#include "fuzz/require.h"
#include "fuzz/wireguard_device.h"
#include "lib/wireguard/kernel_codec.h"

using coax::fuzz::require;

namespace {

constexpr std::uint16_t kFamily = 30;

coax::NetlinkReply as_reply(coax::NetlinkRequest &request) {
    const nlmsghdr *header = nlmsg_hdr(request.raw());
    const auto *payload = static_cast<const std::uint8_t *>(nlmsg_data(header));
    return {.type = kFamily, .payload = {payload, payload + nlmsg_datalen(header)}};
}

void check_device(const coax::WgDevice &device) {
    for (const auto &[key, peer] : device.peers)
        for (const coax::IpPrefix &prefix : peer.config.allowed_ips)
            require(prefix.length <= (prefix.address.is_v4() ? 32 : 128),
                    "a prefix is not longer than its address");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const coax::WgDevice device =
        coax::parse_kernel_device(coax::fuzz::replies_of(std::span(data, size)));
    check_device(device);
    std::vector<coax::NetlinkReply> written;
    for (auto &request : coax::build_kernel_set(
             kFamily, "wg0", coax::fuzz::delta_that_makes(device), coax::PrivateKey())) {
        require(request.fits(), "a request fits its message");
        written.push_back(as_reply(request));
    }
    require(coax::fuzz::same_configuration(device, coax::parse_kernel_device(written)),
            "written and read is the same");
    return 0;
}
