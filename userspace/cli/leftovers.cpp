// SPDX-License-Identifier: Apache-2.0
#include "cli/leftovers.h"

#include <algorithm>

#include <fmt/format.h>

#include "coax/abi/limits.h"
#include "lib/net/links.h"
#include "lib/wireguard/wireguard.h"

namespace coax::cli {
namespace {

class Remover {
  public:
    Remover(const std::string &instance, const LeftoverTools &tools)
        : instance_(instance), mark_("coax " + instance + " "), tools_(tools) {}

    LeftoverReport run() && {
        remove_programs();
        if (const auto links = tools_.links.list(); links.ok())
            remove_links(*links);
        else
            report_.failed.push_back("interfaces: " + links.error().message());
        remove_processes();
        return std::move(report_);
    }

  private:
    void remove_programs() {
        const bool present = tools_.has_pins(instance_);
        const auto what = fmt::format("programs and maps in /sys/fs/bpf/coax/{}", instance_);
        note(tools_.remove_datapath(instance_), what, present);
    }

    void remove_links(const std::vector<Link> &links) {
        for (const Link &link : links) {
            if (link.alias.compare(0, mark_.size(), mark_) != 0)
                continue;
            // The other end of a veth pair goes with the first, and the system may be at it as well.
            const auto still = tools_.links.find(link.name);
            if (still.ok() && !still->has_value())
                continue;
            note(remove_link(link),
                 fmt::format("{} ({}, {})", link.alias.substr(mark_.size()), link.name,
                             link.kind.empty() ? "device" : link.kind),
                 true);
        }
    }

    Status remove_link(const Link &link) {
        if (link.kind == "tun" && tools_.userspace != nullptr)
            COAX_TRY(tools_.userspace->remove_device(link.name));
        return tools_.links.remove(link.index); // gone is success
    }

    /// A device of that name without our alias is somebody else's, and so is its process.
    void remove_processes() {
        if (tools_.userspace == nullptr)
            return;
        for (int lane = 0; lane < 2 * COAX_LANES_MAX; ++lane) {
            const std::string name = fmt::format("{}-wg{}", instance_, lane);
            const auto link = tools_.links.find(name);
            if (!link.ok() || link->has_value())
                continue;
            const bool running = tools_.userspace->read(name).ok();
            note(tools_.userspace->remove_device(name), "wireguard-go of " + name, running);
        }
    }

    void note(const Status &status, const std::string &what, bool present) {
        if (!status.ok())
            report_.failed.push_back(fmt::format("{}: {}", what, status.error().message()));
        else if (present)
            report_.removed.push_back(what);
    }

    std::string instance_;
    std::string mark_;
    const LeftoverTools &tools_;
    LeftoverReport report_;
};

} // namespace

LeftoverReport remove_leftovers(const std::string &instance, const LeftoverTools &tools) {
    return Remover(instance, tools).run();
}

} // namespace coax::cli
