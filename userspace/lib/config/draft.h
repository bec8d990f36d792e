// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/state/desired_state.h"

namespace coax {

/// Where the options of one table of the file stand, for errors found after reading.
class Lines {
  public:
    explicit Lines(int table_line = 1) : table_line_(table_line) {}

    void set(std::string_view key, std::vector<int> lines);
    /// Line of `key`, or of the table's header when the file does not have it.
    [[nodiscard]] int of(std::string_view key) const;
    /// Line of the element of a list; of `key` when there is no such element.
    [[nodiscard]] int of(std::string_view key, std::size_t index) const;
    [[nodiscard]] int table() const { return table_line_; }
    [[nodiscard]] bool has(std::string_view key) const { return lines_.contains(key); }

  private:
    int table_line_;
    std::map<std::string, std::vector<int>, std::less<>> lines_; // key, then its elements
};

enum class FloodChoice { kReplicate, kNone };

// One [[...]] table each: the part of the desired state, what it refers to by name, its lines.
struct PeerDraft {
    Peer peer;
    Lines lines;
};
struct NetworkDraft {
    Network network; // without `members` until resolved
    FloodChoice flood = FloodChoice::kReplicate;
    std::vector<std::string> members; // absent in the file: all nodes
    Lines lines;
};
struct PortDraft {
    Port port; // without `vni` until resolved
    std::string network;
    std::optional<MacAddress> mac;
    Lines lines;
};
struct EndpointDraft {
    Endpoint endpoint; // without `vni` and `node` until resolved
    std::string network;
    std::string node;
    Lines lines;
};

/// A file as read, before references are resolved and the whole is checked.
struct Draft {
    DesiredState state; // the tables that exist once
    std::map<std::string, Lines, std::less<>> lines;
    std::vector<PeerDraft> peers;
    std::vector<NetworkDraft> networks;
    std::vector<PortDraft> ports;
    std::vector<EndpointDraft> endpoints;

    /// Lines of [table]; of the top of the file when it has none.
    [[nodiscard]] Lines lines_of(std::string_view table) const;
};

/// The object an option is stored in.
using Target =
    std::variant<DesiredState *, PeerDraft *, NetworkDraft *, PortDraft *, EndpointDraft *>;

} // namespace coax
