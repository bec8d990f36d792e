// SPDX-License-Identifier: Apache-2.0
// What user space and the BPF programs must agree on, compared between the C++ compiler's view
// and the BTF of the objects that are loaded.
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "abi/btf_types.h"
#include "coax/abi/control.h"
#include "coax/abi/counter.h"
#include "coax/abi/drop_reason.h"
#include "coax/abi/tables.h"

namespace coax {
namespace {

using test::BtfMember;
using test::BtfTypes;

struct StructRow {
    StructRow(std::string n, std::size_t bytes, std::map<std::string, BtfMember> list)
        : name(std::move(n)), size(bytes), members(std::move(list)) {}
    std::string name;
    std::size_t size;
    std::map<std::string, BtfMember> members;
};

using Member = std::pair<const std::string, BtfMember>;
using Value = std::pair<const std::string, std::int64_t>;

#define M(type, member) Member(#member, BtfMember{offsetof(type, member), sizeof(type::member)})
#define STRUCT(type, ...) StructRow(#type, sizeof(type), {__VA_ARGS__})

// Every struct of tables.h with every member.
const std::vector<StructRow> kStructs{
    STRUCT(coax_settings, M(coax_settings, self_vtep_be), M(coax_settings, vtep_pool_be),
           M(coax_settings, vtep_mask_be), M(coax_settings, flags),
           M(coax_settings, handover_ifindex), M(coax_settings, lanes),
           M(coax_settings, lane_ifindex), M(coax_settings, listen_port_be),
           M(coax_settings, vxlan_port_be), M(coax_settings, pad), M(coax_settings, pad2)),
    STRUCT(coax_second, M(coax_second, vtep_bit_be), M(coax_second, lane_ifindex),
           M(coax_second, listen_port_be)),
    STRUCT(coax_path, M(coax_path, flags)),
    STRUCT(coax_path_report, M(coax_path_report, sent_ns), M(coax_path_report, flags),
           M(coax_path_report, pad)),
    STRUCT(coax_port, M(coax_port, vni), M(coax_port, port_id), M(coax_port, mac),
           M(coax_port, flags), M(coax_port, pad)),
    STRUCT(coax_bucket, M(coax_bucket, last_ns), M(coax_bucket, tokens)),
    STRUCT(coax_port_state, M(coax_port_state, flood), M(coax_port_state, too_big)),
    STRUCT(coax_port_stats, M(coax_port_stats, rx_packets), M(coax_port_stats, rx_bytes),
           M(coax_port_stats, tx_packets), M(coax_port_stats, tx_bytes)),
    STRUCT(coax_guard_mac_key, M(coax_guard_mac_key, ifindex), M(coax_guard_mac_key, mac),
           M(coax_guard_mac_key, pad)),
    STRUCT(coax_guard_ip_key, M(coax_guard_ip_key, ifindex), M(coax_guard_ip_key, addr)),
    STRUCT(coax_network, M(coax_network, flags), M(coax_network, mtu),
           M(coax_network, local_targets), M(coax_network, remote_targets),
           M(coax_network, flood_pps), M(coax_network, learn_limit)),
    STRUCT(coax_target, M(coax_target, kind), M(coax_target, lanes), M(coax_target, pad),
           M(coax_target, ifindex), M(coax_target, vtep_be)),
    STRUCT(coax_flood_key, M(coax_flood_key, vni), M(coax_flood_key, index)),
    STRUCT(coax_fdb_key, M(coax_fdb_key, vni), M(coax_fdb_key, mac), M(coax_fdb_key, pad)),
    STRUCT(coax_fdb_entry, M(coax_fdb_entry, target), M(coax_fdb_entry, flags),
           M(coax_fdb_entry, seen_ns)),
    STRUCT(coax_node, M(coax_node, node_id), M(coax_node, lanes)),
    STRUCT(coax_node_stats, M(coax_node_stats, rx_packets), M(coax_node_stats, rx_bytes),
           M(coax_node_stats, tx_packets), M(coax_node_stats, tx_bytes),
           M(coax_node_stats, last_rx_ns)),
    STRUCT(coax_probe, M(coax_probe, sequence), M(coax_probe, sent_ns)),
    STRUCT(coax_node_control, M(coax_node_control, echo), M(coax_node_control, mail),
           M(coax_node_control, answered), M(coax_node_control, rtt_ns)),
    STRUCT(coax_lease_key, M(coax_lease_key, kind), M(coax_lease_key, id)),
    STRUCT(coax_lease, M(coax_lease, deadline_ns), M(coax_lease, flags)),
    STRUCT(coax_member_key, M(coax_member_key, vtep_be), M(coax_member_key, vni)),
    STRUCT(coax_member, M(coax_member, node_id), M(coax_member, lanes)),
    STRUCT(coax_subnet_key, M(coax_subnet_key, prefix_bits), M(coax_subnet_key, addr)),
    STRUCT(coax_count, M(coax_count, packets), M(coax_count, bytes)),
};

// What is no map's key or value: on the wire, in a ring buffer.
const std::vector<StructRow> kMessages{
    STRUCT(coax_control, M(coax_control, magic_be), M(coax_control, version), M(coax_control, type),
           M(coax_control, flags_be), M(coax_control, sequence), M(coax_control, stamp)),
    STRUCT(coax_mail_record, M(coax_mail_record, node_id), M(coax_mail_record, bytes_count),
           M(coax_mail_record, bytes), M(coax_mail_record, pad)),
};

struct EnumRow {
    EnumRow(std::string n, std::map<std::string, std::int64_t> list)
        : name(std::move(n)), values(std::move(list)) {}
    std::string name;
    std::map<std::string, std::int64_t> values;
};

#define V(value) Value(#value, value)
#define ENUM(type, ...) EnumRow(#type, {__VA_ARGS__})
#define REASON(name, label, text) V(COAX_DROP_##name),
#define HOOK(name, label) V(COAX_HOOK_##name),
#define COUNTER(name, label, text) V(COAX_COUNTER_##name),

const std::vector<EnumRow> kEnums {
    ENUM(coax_settings_flags, V(COAX_SETTINGS_DROP_ALL_VXLAN), V(COAX_SETTINGS_GUARD_SUBNETS),
         V(COAX_SETTINGS_DECAP_L3)),
        ENUM(coax_path_flags, V(COAX_PATH_FROM_SECOND), V(COAX_PATH_TO_SECOND)),
        ENUM(coax_port_flags, V(COAX_PORT_GUARD_IP), V(COAX_PORT_MORE_MACS)),
        ENUM(coax_network_flags, V(COAX_NETWORK_FLOOD), V(COAX_NETWORK_LEARN)),
        ENUM(coax_target_kind, V(COAX_TARGET_NONE), V(COAX_TARGET_PORT_EGRESS),
             V(COAX_TARGET_PORT_PEER), V(COAX_TARGET_NODE)),
        ENUM(coax_fdb_flags, V(COAX_FDB_STATIC)),
        ENUM(coax_control_type, V(COAX_CONTROL_ECHO_REQUEST), V(COAX_CONTROL_ECHO_REPLY),
             V(COAX_CONTROL_MAIL)),
        ENUM(coax_lease_kind, V(COAX_LEASE_NONE), V(COAX_LEASE_GATEWAY), V(COAX_LEASE_SERVICE),
             V(COAX_LEASE_DHCP)),
        ENUM(coax_drop_reason, COAX_DROP_REASONS(REASON) V(COAX_DROP_REASONS_COUNT)),
        ENUM(coax_hook, COAX_HOOKS(HOOK) V(COAX_HOOKS_COUNT)),
        ENUM(coax_counter, COAX_COUNTERS(COUNTER) V(COAX_COUNTERS_COUNT)),
};

class AbiObject : public testing::TestWithParam<const char *> {
  protected:
    BtfTypes types_ = BtfTypes::of_object(std::string(COAX_BPF_DIR) + "/" + GetParam() + ".bpf.o");
};

void expect_same(const std::vector<StructRow> &rows, const BtfTypes &types) {
    for (const StructRow &row : rows) {
        SCOPED_TRACE(row.name);
        const auto found = types.find_struct(row.name);
        ASSERT_TRUE(found.has_value());
        EXPECT_EQ(found->size, row.size);
        EXPECT_EQ(found->members.size(), row.members.size());
        for (const auto &[name, member] : row.members) {
            SCOPED_TRACE(name);
            ASSERT_TRUE(found->members.contains(name));
            EXPECT_EQ(found->members.at(name).offset, member.offset);
            EXPECT_EQ(found->members.at(name).size, member.size);
        }
    }
}

TEST_P(AbiObject, structs_have_the_same_size_and_members) {
    expect_same(kStructs, types_);
}

TEST(Abi, messages_have_the_same_size_and_members) {
    expect_same(kMessages, BtfTypes::of_object(COAX_ABI_ENUMS));
}

TEST_P(AbiObject, every_struct_of_a_map_is_in_the_table_above) {
    std::set<std::string> known;
    for (const StructRow &row : kStructs)
        known.insert(row.name);
    for (const std::string &name : types_.struct_names("coax_"))
        EXPECT_TRUE(known.contains(name)) << name;
}

INSTANTIATE_TEST_SUITE_P(Programs, AbiObject,
                         testing::Values("tc_port", "tc_lane", "tc_handover", "tc_uplink",
                                         "xdp_uplink"),
                         [](const auto &object) { return std::string(object.param); });

TEST(Abi, enums_have_the_same_values) {
    const auto types = BtfTypes::of_object(COAX_ABI_ENUMS);
    for (const EnumRow &row : kEnums) {
        SCOPED_TRACE(row.name);
        const auto found = types.find_enum(row.name);
        ASSERT_TRUE(found.has_value());
        EXPECT_EQ(*found, row.values);
    }
}

TEST(Abi, counts_of_the_first_reasons_stay_where_they_were) {
    EXPECT_EQ(coax_drop_index(COAX_HOOK_TC_PORT, COAX_DROP_NONE), 0U);
    EXPECT_EQ(coax_drop_index(COAX_HOOK_TC_LANE, COAX_DROP_NOT_VXLAN), 28U + 16U);
    EXPECT_EQ(coax_drop_index(COAX_HOOK_WIREGUARD, COAX_DROP_HANDOVER_UNEXPECTED), 167U);
}

TEST(Abi, every_reason_at_every_hook_has_a_count_of_its_own) {
    std::set<unsigned int> seen;
    for (unsigned int hook = 0; hook < COAX_DROP_HOOKS_MAX; ++hook) {
        for (unsigned int reason = 0; reason < COAX_DROP_REASONS_MAX; ++reason) {
            const unsigned int index = coax_drop_index(hook, reason);
            EXPECT_LT(index, static_cast<unsigned int>(COAX_DROP_ENTRIES));
            EXPECT_TRUE(seen.insert(index).second) << hook << " " << reason;
        }
    }
}

TEST(Abi, structs_have_no_hole_the_kernel_would_compare_as_part_of_a_key) {
    std::vector<StructRow> all = kStructs;
    all.insert(all.end(), kMessages.begin(), kMessages.end());
    for (const StructRow &row : all) {
        std::size_t sum = 0;
        for (const auto &[name, member] : row.members)
            sum += member.size;
        EXPECT_EQ(sum, row.size) << row.name;
    }
}

} // namespace
} // namespace coax
