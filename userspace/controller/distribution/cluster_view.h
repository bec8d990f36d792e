// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "controller.pb.h"
#include "lib/base/types.h"
#include "lib/store/store.h"

namespace coax::controller {

/// Counts the changes of a view: where in its history somebody is. 0 = nowhere, 1 = at an empty view.
using Position = StrongInt<struct PositionTag, std::uint64_t>;

/// Everything agents are told, as it is now, and in which order it came to be so. Of each object only
/// the last change is kept, so what a reader lacks since any position is a merged set: it never grows
/// beyond the view itself, however far the reader lags.
/// Pure; one thread. Unchanged values make no change.
class ClusterView {
  public:
    /// So many objects that are gone are remembered; who lags further needs a snapshot.
    static constexpr std::size_t kGoneMax = 10'000;

    explicit ClusterView(std::size_t gone_max = kGoneMax) : gone_max_(gone_max) {}

    /// Of all that is said from now on; never lower than before.
    void set_revision(Revision revision) { revision_ = std::max(revision_, revision); }
    [[nodiscard]] Revision revision() const { return revision_; }
    /// Whoever has less than what is here now needs a snapshot: its past is not known.
    void begin_history();

    /// Nodes without a binding are not told of.
    void put_node(const v1::Node &node);
    void remove_node(NodeId id, std::string_view why, std::string_view text);
    /// The node is called gone, or there again (then its record is told again).
    void set_gone(NodeId id, bool gone, std::string_view text = {});
    /// Its record is told again.
    void touch_node(NodeId id);
    void put_network(const v1::Network &network);
    void remove_network(std::string_view name);
    /// Who has a MAC address.
    void put_endpoint(const v1::Endpoint &endpoint);
    void remove_endpoint(std::string_view network, std::string_view mac);
    void put_port(const v1::Port &port);
    void remove_port(NodeId node, std::string_view name);
    /// A signed list; empty: none.
    void set_revocations(std::string_view list);

    [[nodiscard]] Position now() const { return Position(next_ - 1); }
    /// Whether a reader at `position` lacks something that all readers get.
    [[nodiscard]] bool has_news(Position position) const;
    /// The same of the ports of one node.
    [[nodiscard]] bool has_port_news(NodeId node, Position position) const;
    /// Where a reader goes on that has everything up to `revision`; absent: it needs a snapshot.
    /// It may be told again what it has, and must be told who is gone.
    [[nodiscard]] std::optional<Position> position_of(Revision revision) const;
    /// Of the newest change that `node` is told of: who has everything up to it lacks nothing.
    [[nodiscard]] Revision newest_for(NodeId node) const;
    /// A reader at `position` must start from a snapshot.
    [[nodiscard]] bool is_too_old(Position position) const { return position < floor_; }

    /// Fields of Update, encoded, one call for each, in the order they changed: everything after
    /// `since` (0: all there is, and nothing of what is gone).
    using Emit = std::function<void(std::string_view field)>;
    void changes(Position since, const Emit &emit) const;
    /// Nodes that are called gone, as fields.
    void gone_nodes(const Emit &emit) const;
    /// Ports of `node` in the same way.
    [[nodiscard]] std::string port_changes(NodeId node, Position since) const;

    [[nodiscard]] std::size_t nodes() const { return nodes_.size(); }
    [[nodiscard]] bool is_gone(NodeId id) const;
    [[nodiscard]] bool knows(NodeId id) const { return nodes_.contains(id); }

  private:
    struct NodeObject {
        std::string name;
        std::string record; // encoded field `nodes`
        std::string gone;   // encoded field `gone_nodes`; empty: it is there
        Position recorded;  // since then the record is as it is
        Position position;  // of the last change of either
    };
    struct NamedObject {
        std::string field;
        Position position;
    };
    struct NodePorts {
        std::map<std::string, NamedObject, std::less<>> ports;
        std::map<std::string, NamedObject, std::less<>> gone;
        Position position; // of the last change of any
        Revision revision; // at that position
    };
    struct GoneObject {
        std::string field;
    };
    struct RevocationsObject {};
    /// What changed there: a node by id, a thing by its key, something that is no more, or the list.
    using Object = std::variant<NodeId, std::string, GoneObject, RevocationsObject>;
    struct Change {
        Object object;
        Revision revision;
    };

    Position record(Object object, Position before);
    void put_thing(const std::string &key, std::string field);
    void remove_thing(const std::string &key, std::string gone_field);
    void record_gone(std::string key, std::string field);
    Position record_port(NodePorts &ports);
    void forget_gone(const std::string &key);
    void forget_oldest_gone();
    void emit_change(const Object &object, Position since, const Emit &emit) const;

    std::size_t gone_max_;
    Revision revision_;
    std::uint64_t next_ = 2;
    Position floor_;
    Revision floor_revision_;
    std::map<Position, Change> history_;
    std::unordered_map<NodeId, NodeObject> nodes_;
    std::unordered_map<std::string, NamedObject> things_; // networks and endpoints
    NamedObject revocations_;
    std::unordered_map<NodeId, NodePorts> ports_;
    std::unordered_map<std::string, Position> gone_; // what is no more, by kind and name
    std::map<Position, std::string> gone_order_;     // the oldest first
};

} // namespace coax::controller
