// SPDX-License-Identifier: Apache-2.0
#include "lib/net/links.h"

#include <linux/netlink.h>

#include "lib/net/netns.h"
#include "lib/net/rtnl_links.h"

namespace coax {

Result<std::unique_ptr<Links>> open_links() {
    COAX_ASSIGN_OR_RETURN(UniqueFd here, current_netns());
    COAX_ASSIGN_OR_RETURN(NetlinkSocket socket, NetlinkSocket::open(NETLINK_ROUTE));
    return std::unique_ptr<Links>(std::make_unique<RtnlLinks>(std::move(socket), std::move(here)));
}

Result<std::unique_ptr<Links>> open_links_in(int netns_fd) {
    // A socket belongs to the namespace it is made in: be there for just that long.
    COAX_ASSIGN_OR_RETURN(const NetnsGuard guard, NetnsGuard::enter(netns_fd));
    return open_links();
}

} // namespace coax
