// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "lib/base/result.h"
#include "lib/base/types.h"

namespace coax {

/// What was configured of a port.
struct PortRecord {
    std::string netns; // namespace its user end was made in; empty: the agent's own
    std::set<IpPrefix> addresses;
    bool operator==(const PortRecord &) const = default;
};

/// What the agent configured last, so that a restarted agent can tell its own settings from what
/// others did: addresses of ports, endpoints of peers, uplinks it attached to. The kernel does not
/// say who added an address or whether an endpoint was configured or learned.
/// One loop. Owns the file (<run_dir>/configured.json, gone after a reboot like what it describes).
/// Failure: a file that cannot be read counts as empty, one that cannot be written is an error of the
/// setter; settings are remembered before they are applied, so that a crash in between forgets none.
class Memory {
  public:
    /// Configured peers of a lane; absent endpoint: configured without one.
    using Endpoints = std::map<PublicKey, std::optional<SocketAddress>>;

    explicit Memory(std::filesystem::path file);

    /// Reads the file; call once.
    void load();

    [[nodiscard]] PortRecord port(const std::string &name) const;
    /// An empty record forgets the port.
    Status set_port(const std::string &name, const PortRecord &record);
    /// Forgets every port that `is_wanted` says no to.
    Status keep_ports(const std::function<bool(const std::string &)> &is_wanted);

    [[nodiscard]] Endpoints endpoints(std::uint32_t lane) const;
    Status set_endpoints(std::uint32_t lane, const Endpoints &endpoints);

    [[nodiscard]] std::map<std::string, IfIndex> uplinks() const { return state_.uplinks; }
    Status set_uplinks(const std::map<std::string, IfIndex> &uplinks);

    /// Everything forgotten, the file removed.
    Status clear();

  private:
    struct State {
        std::map<std::string, PortRecord> ports;
        std::map<std::uint32_t, Endpoints> endpoints;
        std::map<std::string, IfIndex> uplinks;
        bool operator==(const State &) const = default;
    };
    Status save();

    std::filesystem::path file_;
    State state_;
    State saved_;
};

} // namespace coax
