// SPDX-License-Identifier: Apache-2.0
// Device features by the old ethtool ioctl: one request each, on every kernel, through any socket of
// the namespace. (The netlink family of ethtool names features by strings and is a module option.)
#include <array>
#include <cerrno>
#include <cstring>

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include <fmt/format.h>

#include "lib/net/rtnl_links.h"

namespace coax {
namespace {

struct Commands {
    std::uint32_t get;
    std::uint32_t set;
    const char *what;
};

Commands commands_of(Offload offload) {
    if (offload == Offload::kTcpSegmentation)
        return {ETHTOOL_GTSO, ETHTOOL_STSO, "TCP segmentation offload"};
    return {ETHTOOL_GGRO, ETHTOOL_SGRO, "receive merging (GRO)"};
}

Status ethtool(int socket, IfIndex index, ethtool_value &value) {
    ifreq request{};
    request.ifr_ifindex = static_cast<int>(index.value());
    if (::ioctl(socket, SIOCGIFNAME, &request) != 0)
        return Error::from_errno("find its name", errno);
    request.ifr_data = static_cast<char *>(static_cast<void *>(&value));
    if (::ioctl(socket, SIOCETHTOOL, &request) != 0)
        return Error::from_errno("ethtool ioctl", errno);
    return {};
}

} // namespace

Result<bool> RtnlLinks::offload(IfIndex index, Offload offload) {
    const Commands commands = commands_of(offload);
    ethtool_value value{commands.get, 0};
    if (Status read = ethtool(socket_.fd(), index, value); !read.ok())
        return read.error().with_context(fmt::format("read {} of {}", commands.what, label(index)));
    return value.data != 0;
}

Status RtnlLinks::set_offload(IfIndex index, Offload offload, bool on) {
    const Commands commands = commands_of(offload);
    ethtool_value value{commands.set, on ? 1U : 0U};
    if (Status set = ethtool(socket_.fd(), index, value); !set.ok())
        return set.error().with_context(
            fmt::format("turn {} {} on {}", commands.what, on ? "on" : "off", label(index)));
    return {};
}

} // namespace coax
