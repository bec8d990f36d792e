// SPDX-License-Identifier: Apache-2.0
#include "agent/ports/namespaces.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>

namespace coax {

Result<std::unique_ptr<SystemNamespaces>> SystemNamespaces::create() {
    UniqueFd own(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    if (!own.valid())
        return Error::from_errno("open /proc/thread-self/ns/net", errno);
    return std::unique_ptr<SystemNamespaces>(new SystemNamespaces(std::move(own)));
}

Result<Namespace> SystemNamespaces::open(const std::string &name_or_path) {
    Namespace result;
    COAX_ASSIGN_OR_RETURN(result.fd, open_netns(name_or_path));
    result.is_own = same_netns(result.fd.get(), own_.get());
    COAX_ASSIGN_OR_RETURN(result.links, open_links_in(result.fd.get()));
    return result;
}

} // namespace coax
