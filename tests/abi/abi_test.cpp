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
    STRUCT(coax_member_key, M(coax_member_key, vtep_be), M(coax_member_key, vni)),
    STRUCT(coax_member, M(coax_member, node_id), M(coax_member, lanes)),
    STRUCT(coax_subnet_key, M(coax_subnet_key, prefix_bits), M(coax_subnet_key, addr)),
    STRUCT(coax_count, M(coax_count, packets), M(coax_count, bytes)),
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
        ENUM(coax_port_flags, V(COAX_PORT_GUARD_IP), V(COAX_PORT_MORE_MACS)),
        ENUM(coax_network_flags, V(COAX_NETWORK_FLOOD), V(COAX_NETWORK_LEARN)),
        ENUM(coax_target_kind, V(COAX_TARGET_NONE), V(COAX_TARGET_PORT_EGRESS),
             V(COAX_TARGET_PORT_PEER), V(COAX_TARGET_NODE)),
        ENUM(coax_fdb_flags, V(COAX_FDB_STATIC)),
        ENUM(coax_drop_reason, COAX_DROP_REASONS(REASON) V(COAX_DROP_REASONS_COUNT)),
        ENUM(coax_hook, COAX_HOOKS(HOOK) V(COAX_HOOKS_COUNT)),
        ENUM(coax_counter, COAX_COUNTERS(COUNTER) V(COAX_COUNTERS_COUNT)),
};

class AbiObject : public testing::TestWithParam<const char *> {
  protected:
    BtfTypes types_ = BtfTypes::of_object(std::string(COAX_BPF_DIR) + "/" + GetParam() + ".bpf.o");
};

TEST_P(AbiObject, structs_have_the_same_size_and_members) {
    for (const StructRow &row : kStructs) {
        SCOPED_TRACE(row.name);
        const auto found = types_.find_struct(row.name);
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

TEST(Abi, structs_have_no_hole_the_kernel_would_compare_as_part_of_a_key) {
    for (const StructRow &row : kStructs) {
        std::size_t sum = 0;
        for (const auto &[name, member] : row.members)
            sum += member.size;
        EXPECT_EQ(sum, row.size) << row.name;
    }
}

} // namespace
} // namespace coax
