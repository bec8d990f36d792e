// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <sys/eventfd.h>

#include "harness/fault_plan.h"
#include "lib/bpf/apply_order.h"
#include "lib/bpf/datapath.h"

namespace coax::test {

/// A data path in memory. Writes go through the same ordering as the real one. Calls are
/// recorded as text: "set coax_ports ifindex 7", "remove coax_nodes vtep 100.64.0.2",
/// "attach_port 7", "age 5"; reads ("read_tables", "drops") too. What was written before a
/// fault stays, as in the kernel.
class FakeDatapath final : public Datapath {
  public:
    FaultPlan faults;

    // What the kernel would hold; a test may bend it.
    DatapathTables tables;
    std::vector<LearnedEntry> learned_entries;
    Drops drop_counts{};
    std::uint32_t fdb_capacity = 1000;
    std::array<coax_count, COAX_COUNTERS_COUNT> counter_values{};
    std::map<std::uint32_t, coax_port_stats> ports;
    std::map<std::uint32_t, coax_node_stats> nodes;
    std::map<std::uint32_t, NodeContact> contact_values; // by VTEP, network order
    std::map<std::uint32_t, coax_probe> probes;
    std::vector<coax_mail_record> mail;
    Table<coax_lease_key, coax_lease> lease_table;
    std::vector<std::string> note_texts;
    bool native_xdp = true; // the drivers have it
    bool dispatcher = true;

    std::set<IfIndex> attached_ports;
    std::set<IfIndex> attached_lanes;
    std::set<IfIndex> attached_handovers;
    std::map<IfIndex, AttachedUplink> attached_uplinks;
    bool removed = false;

    /// What deleting the device by hand does: its attachments are gone, no call is recorded.
    void vanish(IfIndex link) {
        attached_ports.erase(link);
        attached_lanes.erase(link);
        attached_handovers.erase(link);
        attached_uplinks.erase(link);
    }

    Result<DatapathTables> read_tables() override {
        COAX_TRY(faults.enter("read_tables"));
        return tables;
    }
    Status apply(const DatapathDelta &delta) override {
        MemoryWriter writer(*this);
        return apply_in_order(delta, writer);
    }

    Result<bool> attach_port(IfIndex link) override {
        return attach("attach_port ", attached_ports, link);
    }
    Result<bool> attach_lane(IfIndex link) override {
        return attach("attach_lane ", attached_lanes, link);
    }
    Result<bool> attach_handover(IfIndex link) override {
        return attach("attach_handover ", attached_handovers, link);
    }
    Result<AttachedUplink> attach_uplink(IfIndex link, std::optional<bool> native) override {
        COAX_TRY(faults.enter("attach_uplink " + std::to_string(link.value())));
        if (native.value_or(false) && !native_xdp)
            return Error(ErrorCode::kUnsupported, "the driver has no native XDP");
        AttachedUplink now;
        now.xdp_mode = native.value_or(native_xdp) ? XdpMode::kNative : XdpMode::kGeneric;
        now.dispatcher = dispatcher;
        const auto before = attached_uplinks.find(link);
        now.changed = before == attached_uplinks.end() || before->second.xdp_mode != now.xdp_mode;
        attached_uplinks[link] = now;
        return now;
    }
    Status detach_uplink(IfIndex link) override {
        COAX_TRY(faults.enter("detach_uplink " + std::to_string(link.value())));
        attached_uplinks.erase(link);
        return {};
    }

    Result<std::vector<LearnedEntry>> learned() override {
        COAX_TRY(faults.enter("learned"));
        return learned_entries;
    }
    Result<std::size_t> age(std::uint64_t older_than_ns) override {
        COAX_TRY(faults.enter("age " + std::to_string(older_than_ns)));
        return std::erase_if(learned_entries, [&](const LearnedEntry &learned) {
            return learned.entry.seen_ns < older_than_ns ||
                   !tables.networks.contains(learned.key.vni) ||
                   !tables.members.contains({learned.entry.target.vtep_be, learned.key.vni});
        });
    }

    Result<std::map<std::uint32_t, std::uint32_t>> learned_counts() override {
        COAX_TRY(faults.enter("learned_counts"));
        std::map<std::uint32_t, std::uint32_t> counts;
        for (const auto &[vni, network] : tables.networks)
            counts[vni] = 0;
        for (const LearnedEntry &entry : learned_entries)
            ++counts[entry.key.vni];
        return counts;
    }
    [[nodiscard]] std::map<std::string, std::uint32_t> capacities() const override {
        return {{"coax_fdb", fdb_capacity}, {"coax_ports", 100}};
    }

    Result<Drops> drops() override {
        COAX_TRY(faults.enter("drops"));
        return drop_counts;
    }
    Result<std::array<coax_count, COAX_COUNTERS_COUNT>> counters() override {
        COAX_TRY(faults.enter("counters"));
        return counter_values;
    }
    Result<std::map<std::uint32_t, coax_port_stats>> port_stats() override {
        COAX_TRY(faults.enter("port_stats"));
        return ports;
    }
    Result<std::map<std::uint32_t, coax_node_stats>> node_stats() override {
        COAX_TRY(faults.enter("node_stats"));
        return nodes;
    }

    Result<std::map<std::uint32_t, NodeContact>> contacts(const ContactsOf &of) override {
        COAX_TRY(faults.enter("contacts"));
        std::map<std::uint32_t, NodeContact> found;
        for (const std::uint32_t vtep_be : of.vteps_be) {
            const auto value = contact_values.find(vtep_be);
            if (value == contact_values.end())
                continue;
            NodeContact &contact = found[vtep_be] = value->second;
            if (!of.paths)
                contact.path_asked_ns = contact.path = 0;
        }
        return found;
    }
    Status expect_echo(std::uint32_t vtep_be, const coax_probe &probe) override {
        COAX_TRY(faults.enter("expect_echo"));
        probes[vtep_be] = probe;
        return {};
    }
    /// Readable at once and for good.
    Result<UniqueFd> mail_ready() override {
        COAX_TRY(faults.enter("mail_ready"));
        return UniqueFd(::eventfd(1, EFD_CLOEXEC));
    }
    Status read_mail(const MailReader &reader) override {
        COAX_TRY(faults.enter("read_mail"));
        for (const coax_mail_record &record : std::exchange(mail, {}))
            reader(record);
        return {};
    }
    Status set_lease(const coax_lease_key &key, const coax_lease &lease) override {
        COAX_TRY(faults.enter("set_lease"));
        lease_table.insert_or_assign(key, lease);
        return {};
    }
    Status remove_lease(const coax_lease_key &key) override {
        COAX_TRY(faults.enter("remove_lease"));
        lease_table.erase(key);
        return {};
    }
    Result<Table<coax_lease_key, coax_lease>> leases() override {
        COAX_TRY(faults.enter("leases"));
        return lease_table;
    }

    std::vector<std::string> notes() override { return note_texts; }

    Status remove_everything() override {
        COAX_TRY(faults.enter("remove_everything"));
        tables = {};
        learned_entries.clear();
        ports.clear();
        nodes.clear();
        attached_ports.clear();
        attached_lanes.clear();
        attached_handovers.clear();
        attached_uplinks.clear();
        removed = true;
        return {};
    }

  private:
    Result<bool> attach(const char *call, std::set<IfIndex> &attached, IfIndex link) {
        COAX_TRY(faults.enter(call + std::to_string(link.value())));
        return attached.insert(link).second;
    }

    class MemoryWriter final : public TableWriter {
      public:
        explicit MemoryWriter(FakeDatapath &owner) : owner_(owner), tables_(owner.tables) {}

        Status set(TableId table, Bytes key, Bytes value) override {
            COAX_TRY(owner_.faults.enter(call("set ", table, key)));
            visit(table, [&](auto &map) { put(map, key, value); });
            if (table == TableId::kSettings)
                std::memcpy(&tables_.settings, value.data(), value.size());
            if (table == TableId::kSecond)
                std::memcpy(&tables_.second, value.data(), value.size());
            create_companions(table, key);
            return {};
        }
        Status remove(TableId table, Bytes key) override {
            COAX_TRY(owner_.faults.enter(call("remove ", table, key)));
            visit(table, [&](auto &map) { take(map, key); });
            remove_companions(table, key);
            return {};
        }

      private:
        static std::string call(const char *verb, TableId table, Bytes key) {
            return verb + std::string(table_name(table)) + " " + key_text(table, key);
        }
        template <typename T>
        static T as(Bytes bytes) {
            T value{};
            std::memcpy(&value, bytes.data(), sizeof(T));
            return value;
        }
        template <typename Key, typename Value>
        static void put(Table<Key, Value> &map, Bytes key, Bytes value) {
            map.insert_or_assign(as<Key>(key), as<Value>(value));
        }
        template <typename Key, typename Value>
        static void take(Table<Key, Value> &map, Bytes key) {
            map.erase(as<Key>(key));
        }
        template <typename Action>
        void visit(TableId table, Action action) {
            switch (table) {
            case TableId::kNodes:
                return action(tables_.nodes);
            case TableId::kPaths:
                return action(tables_.paths);
            case TableId::kMembers:
                return action(tables_.members);
            case TableId::kFlood:
                return action(tables_.flood);
            case TableId::kNetworks:
                return action(tables_.networks);
            case TableId::kFdb:
                return action(tables_.static_fdb);
            case TableId::kSubnets:
                return action(tables_.subnets);
            case TableId::kGuardMacs:
                return action(tables_.guard_macs);
            case TableId::kGuardIps:
                return action(tables_.guard_ips);
            case TableId::kPorts:
                return action(tables_.ports);
            case TableId::kSecond:
            case TableId::kSettings:
                return;
            }
        }
        void create_companions(TableId table, Bytes key) {
            if (table == TableId::kPorts)
                owner_.ports.try_emplace(as<std::uint32_t>(key));
            if (table == TableId::kNodes)
                owner_.nodes.try_emplace(as<std::uint32_t>(key));
        }
        void remove_companions(TableId table, Bytes key) {
            if (table == TableId::kPorts)
                owner_.ports.erase(as<std::uint32_t>(key));
            if (table == TableId::kNodes)
                owner_.nodes.erase(as<std::uint32_t>(key));
        }

        FakeDatapath &owner_;
        DatapathTables &tables_;
    };
};

} // namespace coax::test
