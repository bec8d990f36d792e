// SPDX-License-Identifier: Apache-2.0
#include "cli/system_leftovers.h"

#include <memory>

#include <unistd.h>

#include "cli/run_dir.h"
#include "lib/bpf/datapath.h"
#include "lib/net/links.h"
#include "lib/wireguard/wireguard.h"

namespace coax::cli {
Result<LeftoverReport> SystemLeftovers::remove(const std::string &instance,
                                               const std::string &run_dir) {
    if (::geteuid() != 0) {
        return Error(ErrorCode::kPermission,
                     "removing what a dead agent left needs root: use sudo");
    }
    COAX_ASSIGN_OR_RETURN(DeadRunDir dead, DeadRunDir::take(run_dir));
    COAX_ASSIGN_OR_RETURN(const std::unique_ptr<Links> links, open_links());
    auto userspace = make_userspace_wireguard(*links, run_dir); // fails without wireguard-go
    const LeftoverTools tools{*links, userspace.ok() ? userspace->get() : nullptr,
                              datapath_is_pinned,
                              [](const std::string &name) { return remove_datapath(name); }};
    LeftoverReport report = remove_leftovers(instance, tools);
    if (!report.failed.empty())
        return report; // what the next try needs to know stays
    for (const std::string &file : dead.clear())
        report.removed.push_back(file);
    return report;
}

} // namespace coax::cli
