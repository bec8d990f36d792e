// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "agent/datapath/tables.h"
#include "agent/pass.h"
#include "agent/peers/paths.h"
#include "lib/base/clock.h"
#include "lib/bpf/datapath.h"
#include "lib/state/desired_state.h"

namespace coax {

/// Keeps the maps equal to the desired state, and the learned part of the FDB fresh.
/// Runs on the event loop; the references given to the constructor outlive it. Every pass takes the
/// difference against what the kernel holds, so a restart writes nothing that is right.
class TableSync {
  public:
    TableSync(Datapath &datapath, const Clock &clock, bool has_decap_l3)
        : datapath_(datapath), clock_(clock), has_decap_l3_(has_decap_l3) {}

    /// What the lanes of the pass have to say of paths.
    struct Keys {
        OwnSets own;
        const Sessions &sessions;
    };
    Status apply(const DesiredState &state, const ResolvedLinks &links, const Keys &keys,
                 std::uint32_t inner_mtu, Pass &pass);

    /// As the last pass left them.
    [[nodiscard]] const PathTable &paths() const { return paths_; }

    /// Deletes learned entries that were not seen for overlay.fdb_age; returns how many.
    Result<std::size_t> sweep(const DesiredState &state);

    /// Entries that the last pass wanted in each table, by the name of its map; learned ones are
    /// not among them.
    [[nodiscard]] const std::map<std::string, std::size_t> &sizes() const { return sizes_; }
    /// Entries of the FDB that the agent wrote.
    [[nodiscard]] std::size_t static_fdb_entries() const { return static_entries_; }
    /// Entries that fit the FDB as it is; a pinned one may have another size than the configured.
    [[nodiscard]] std::size_t fdb_capacity() const;

  private:
    void report(const DesiredState &state, const DatapathTables &tables, Pass &pass) const;

    Datapath &datapath_;
    const Clock &clock_;
    bool has_decap_l3_;
    std::map<std::string, std::size_t> sizes_;
    PathTable paths_;
    std::size_t static_entries_ = 0;
    std::size_t learned_entries_ = 0; // as of the last sweep
};

} // namespace coax
