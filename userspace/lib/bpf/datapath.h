// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "coax/abi/control.h"
#include "coax/abi/counter.h"
#include "coax/abi/drop_reason.h"
#include "coax/abi/tables.h"
#include "lib/base/result.h"
#include "lib/base/types.h"
#include "lib/base/unique_fd.h"

namespace coax {

/// Orders ABI structs (no implicit padding) by their bytes, so that they can be map keys.
template <typename T>
struct BytesLess {
    bool operator()(const T &a, const T &b) const { return std::memcmp(&a, &b, sizeof(T)) < 0; }
};
template <typename Key, typename Value>
using Table = std::map<Key, Value, BytesLess<Key>>;

/// What the agent owns in the BPF maps. Learned FDB entries are not part of it.
struct DatapathTables {
    coax_settings settings{};
    coax_second second{};
    Table<std::uint32_t, coax_port> ports; // by interface index
    Table<coax_guard_mac_key, std::uint8_t> guard_macs;
    Table<coax_guard_ip_key, std::uint8_t> guard_ips;
    Table<std::uint32_t, coax_network> networks; // by VNI
    Table<std::uint32_t, coax_node> nodes;       // by VTEP, network order
    Table<std::uint32_t, coax_path> paths;       // by VTEP, network order; without flags: absent
    Table<coax_member_key, coax_member> members;
    Table<coax_flood_key, coax_target> flood;
    Table<coax_fdb_key, coax_fdb_entry> static_fdb;
    Table<coax_subnet_key, std::uint8_t> subnets;
};

template <typename Key, typename Value>
struct TableDelta {
    Table<Key, Value> set;
    std::vector<Key> remove;
    [[nodiscard]] std::size_t size() const { return set.size() + remove.size(); }
};

struct DatapathDelta {
    std::optional<coax_settings> settings;
    std::optional<coax_second> second;
    TableDelta<std::uint32_t, coax_port> ports;
    TableDelta<coax_guard_mac_key, std::uint8_t> guard_macs;
    TableDelta<coax_guard_ip_key, std::uint8_t> guard_ips;
    TableDelta<std::uint32_t, coax_network> networks;
    TableDelta<std::uint32_t, coax_node> nodes;
    TableDelta<std::uint32_t, coax_path> paths;
    TableDelta<coax_member_key, coax_member> members;
    TableDelta<coax_flood_key, coax_target> flood;
    TableDelta<coax_fdb_key, coax_fdb_entry> static_fdb;
    TableDelta<coax_subnet_key, std::uint8_t> subnets;
    [[nodiscard]] std::size_t size() const; // number of map writes
};

/// Pure: the map writes that turn `actual` into `desired`.
DatapathDelta diff(const DatapathTables &actual, const DatapathTables &desired);

struct LearnedEntry {
    coax_fdb_key key;
    coax_fdb_entry entry;
};

/// What the lanes have seen of a node. Times are of CLOCK_MONOTONIC; 0: never.
struct NodeContact {
    std::uint64_t last_rx_ns = 0;    // frame or control message
    std::uint64_t answered = 0;      // sequence of the last probe that came back
    std::uint64_t rtt_ns = 0;        // of that probe
    std::uint64_t path_asked_ns = 0; // when we asked for `path`; 0: it never said
    std::uint32_t path = 0;          // enum coax_path_flags: what it sends to us takes
};

using MailReader = std::function<void(const coax_mail_record &)>;

enum class XdpMode { kDetached, kNative, kGeneric };

struct AttachedUplink {
    XdpMode xdp_mode = XdpMode::kDetached;
    bool dispatcher = false; // chained by libxdp's dispatcher; false: attached alone
    bool changed = false;    // false: everything was in place already
    std::string detail;      // why not native, or not chained; empty when there is nothing to say
};

/// Entries of the maps whose size is configured. A map of many entries costs memory (16 bytes each,
/// empty) and time whenever the agent reads it.
struct MapSizes {
    std::uint32_t fdb_entries = 1U << 20;    // coax_fdb
    std::uint32_t member_entries = 1U << 18; // coax_members and coax_flood, each
    std::uint32_t guard_entries = 1U << 16;  // coax_guard_mac and coax_guard_ip, each
};

struct DatapathOptions {
    std::string instance;
    MapSizes sizes;
    bool accept_other_abi = false; // discard a pinned data path of another ABI version
};

/// The BPF programs and maps of one instance, pinned under /sys/fs/bpf/coax/<instance>/.
/// Blocking, not thread-safe. Destroying it leaves everything attached and pinned (sticky).
class Datapath {
  public:
    virtual ~Datapath() = default;

    virtual Result<DatapathTables> read_tables() = 0;
    /// Additions before removals, in an order that never leaves a reference dangling:
    /// second, nodes, paths, members, flood, networks, FDB, subnets, guards, ports, settings;
    /// removals the other way round. An error names table and key; what was written before it
    /// stays (the next diff() shows the rest).
    virtual Status apply(const DatapathDelta &delta) = 0;

    // Attach, or atomically replace our own older program; leave those of others alone. Attaching
    // what is attached already (same program tag) does nothing. True when something changed.
    virtual Result<bool> attach_port(IfIndex link) = 0;
    virtual Result<bool> attach_lane(IfIndex link) = 0;
    virtual Result<bool> attach_handover(IfIndex link) = 0;
    /// tc_uplink at egress and xdp_uplink; `native` absent: native, else generic.
    virtual Result<AttachedUplink> attach_uplink(IfIndex link, std::optional<bool> native) = 0;
    virtual Status detach_uplink(IfIndex link) = 0;

    virtual Result<std::vector<LearnedEntry>> learned() = 0;
    /// Deletes learned entries not seen since `older_than_ns` (CLOCK_MONOTONIC) or whose network or
    /// node is gone from the tables, and corrects coax_net_learned. Returns how many went.
    virtual Result<std::size_t> age(std::uint64_t older_than_ns) = 0;

    /// Learned entries by VNI as the programs count them, without a walk over the FDB: exact after
    /// age(), a little high before.
    virtual Result<std::map<std::uint32_t, std::uint32_t>> learned_counts() = 0;
    /// Entries that fit each table, by the name of its map.
    [[nodiscard]] virtual std::map<std::string, std::uint32_t> capacities() const = 0;

    using Drops = std::array<std::array<coax_count, COAX_DROP_REASONS_COUNT>, COAX_HOOKS_COUNT>;
    virtual Result<Drops> drops() = 0;
    virtual Result<std::array<coax_count, COAX_COUNTERS_COUNT>> counters() = 0;
    virtual Result<std::map<std::uint32_t, coax_port_stats>> port_stats() = 0; // by ifindex
    virtual Result<std::map<std::uint32_t, coax_node_stats>> node_stats() = 0; // by VTEP, be

    struct ContactsOf {
        std::vector<std::uint32_t> vteps_be;
        bool paths = false; // also what they said of their paths
    };
    /// By VTEP, be; a node that is not in the maps has none. Perhaps also of others.
    virtual Result<std::map<std::uint32_t, NodeContact>> contacts(const ContactsOf &of) = 0;
    /// From now on only the answer to this probe counts; to be called before the probe is sent. No
    /// such node: nothing, its answer will not count.
    virtual Status expect_echo(std::uint32_t vtep_be, const coax_probe &probe) = 0;

    /// A descriptor that is readable while there is mail, of the caller.
    virtual Result<UniqueFd> mail_ready() = 0;
    /// Calls `reader` with all mail that is there, oldest first.
    virtual Status read_mail(const MailReader &reader) = 0;

    /// Leases outlive the agent: until their deadline passes, or remove_lease(). Setting one again
    /// renews it.
    virtual Status set_lease(const coax_lease_key &key, const coax_lease &lease) = 0;
    virtual Status remove_lease(const coax_lease_key &key) = 0; // absent is success
    virtual Result<Table<coax_lease_key, coax_lease>> leases() = 0;

    /// What an operator should know about: a pinned map of another size, a filter of
    /// someone else in front of ours, a private bpffs. One sentence each; empty when all
    /// is well.
    virtual std::vector<std::string> notes() = 0;

    /// Detaches from every link of this network namespace and removes the pins of this instance,
    /// nothing else. The object is of no use afterwards.
    virtual Status remove_everything() = 0;
};

/// Mounts bpffs if it is not mounted, checks the kernel (each missing feature is named), loads,
/// pins. kVersion when a data path of another ABI version is pinned and not accepted.
Result<std::unique_ptr<Datapath>> open_datapath(const DatapathOptions &options);

/// True when bpf_skb_adjust_room knows the DECAP_L3_* flags (kernel 6.3), found by trying: sets
/// COAX_SETTINGS_DECAP_L3.
bool decap_l3_supported();

/// True when something of `instance` is pinned, whole or not.
bool datapath_is_pinned(const std::string &instance);

/// Pins and attachments (in this network namespace) of `instance` away without loading
/// anything; used by `coax down` when the agent is dead. Absent is success; kBusy when they
/// belong to another namespace.
Status remove_datapath(const std::string &instance);

/// "native", "generic", "detached".
std::string_view xdp_mode_label(XdpMode mode);

/// Text of a reason, hook or counter; label first.
std::string_view drop_reason_label(std::uint32_t reason);
std::string_view drop_reason_text(std::uint32_t reason);
std::string_view hook_label(std::uint32_t hook);
std::string_view counter_label(std::uint32_t counter);
std::string_view counter_text(std::uint32_t counter);

} // namespace coax
