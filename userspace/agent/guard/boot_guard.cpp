// SPDX-License-Identifier: Apache-2.0
#include "agent/guard/boot_guard.h"

#include <algorithm>

#include <fmt/format.h>

#include "agent/datapath/tables.h"
#include "agent/datapath/uplinks.h"
#include "agent/memory.h"
#include "agent/preflight/instance_lock.h"

namespace coax {

Status BootGuard::pass() {
    if (was_pinned_ && !needs_.is_pinned()) {
        is_over_ = true;
        needs_.log.info("guard.over", {{"text", "the data path was taken away (coax down)"}});
        return {};
    }
    COAX_ASSIGN_OR_RETURN(const bool has_new, has_new_uplink());
    is_agents_ = false;
    if (was_pinned_ && !has_new)
        return {};
    const auto lock = InstanceLock::take(needs_.state->agent.run_dir, InstanceLock::Holder::kGuard);
    is_agents_ = !lock.ok() && lock.error().code() == ErrorCode::kBusy;
    if (is_agents_) { // an agent runs, and guards every uplink itself
        was_pinned_ = was_pinned_ || needs_.is_pinned();
        return {};
    }
    if (!lock.ok())
        return lock.error();
    COAX_TRY(needs_.with_datapath([this](Datapath &datapath) { return protect(datapath); }));
    was_pinned_ = true;
    return {};
}

std::string BootGuard::summary() const {
    if (is_agents_)
        return "an agent runs and guards the uplinks; looks again every few seconds";
    const std::size_t wanted = needs_.state->underlay.uplinks.size();
    return fmt::format("{} of {} uplinks guarded{}; stays so when this ends", guarded(), wanted,
                       guarded() < wanted ? ", waits for the others" : "");
}

std::size_t BootGuard::guarded() const {
    const auto &names = needs_.state->underlay.uplinks;
    return static_cast<std::size_t>(std::ranges::count_if(
        names, [this](const std::string &name) { return guarded_.contains(name); }));
}

Result<bool> BootGuard::has_new_uplink() {
    for (const std::string &name : needs_.state->underlay.uplinks) {
        COAX_ASSIGN_OR_RETURN(const std::optional<Link> link, needs_.links.find(name));
        const auto known = guarded_.find(name);
        if (link && (known == guarded_.end() || known->second != link->index))
            return true;
    }
    return false;
}

// Tables first: a program that finds no settings lets everything pass.
Status BootGuard::protect(Datapath &datapath) {
    COAX_TRY(write_tables(datapath));
    Memory memory(needs_.state->agent.run_dir + "/configured.json");
    memory.load();
    Uplinks uplinks({needs_.links, datapath, memory});
    Pass pass(needs_.log);
    Status done = uplinks.protect(*needs_.state, pass);
    for (const UplinkStatus &uplink : uplinks.status()) {
        if (uplink.guarded)
            guarded_.insert_or_assign(uplink.name, uplink.link);
        else
            needs_.log.info("guard.waits", {{"uplink", uplink.name}});
    }
    return done;
}

Status BootGuard::write_tables(Datapath &datapath) {
    COAX_ASSIGN_OR_RETURN(const DatapathTables actual, datapath.read_tables());
    if (!is_unconfigured(actual.settings))
        return {};
    return datapath.apply(diff(actual, guard_tables_for(*needs_.state)));
}

} // namespace coax
