// SPDX-License-Identifier: Apache-2.0
// Maps, pins and versions of the kernel's data path.
#include <set>

#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include <bpf/bpf.h>
#include <gmock/gmock.h>

#include "unit/bpf/datapath_sandbox.h"
#include "unit/bpf/sample_tables.h"

namespace coax {
namespace {

using test::pin_dir;
using test::poke;
using test::sample_tables;
using test::vtep_be;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Maps : public test::DatapathTest {};

std::uint32_t mode_of(const std::filesystem::path &path) {
    struct stat info {};
    EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
    return info.st_mode & 07777;
}

TEST_F(Maps, mounts_a_bpffs_and_says_when_it_will_not_last) {
    const auto datapath = open();
    EXPECT_TRUE(std::filesystem::exists("/sys/fs/bpf/coax"));
    // Only the first open of this process mounts; a sandbox is a private mount namespace.
    if (instance_ == "t0") {
        EXPECT_THAT(datapath->notes(), Contains(HasSubstr("nsenter")));
    }
}

TEST_F(Maps, pins_maps_and_programs_for_root_only) {
    const auto datapath = open();
    EXPECT_EQ(mode_of(pin_dir(instance_)), 0700U);
    EXPECT_EQ(mode_of(pin_dir(instance_).parent_path()), 0700U);
    for (const char *name : {"coax_abi", "coax_fdb", "programs/tc_port", "programs/tc_lane",
                             "programs/tc_handover", "programs/tc_uplink", "programs/xdp_uplink"})
        EXPECT_TRUE(std::filesystem::exists(pin_dir(instance_) / name)) << name;
}

TEST_F(Maps, hold_what_was_applied) {
    const auto datapath = open();
    const auto empty = datapath->read_tables();
    ASSERT_TRUE(empty.ok());
    EXPECT_EQ(diff(*empty, {}).size(), 0U);

    const auto applied = datapath->apply(diff(*empty, sample_tables()));
    ASSERT_TRUE(applied.ok()) << applied.error().message();
    const auto full = datapath->read_tables();
    ASSERT_TRUE(full.ok());
    EXPECT_EQ(diff(*full, sample_tables()).size(), 0U);

    ASSERT_TRUE(datapath->apply(diff(*full, {})).ok());
    EXPECT_EQ(diff(*datapath->read_tables(), {}).size(), 0U);
}

TEST_F(Maps, take_ten_thousand_nodes_at_once) {
    constexpr std::uint32_t kNodes = 10'000;
    const auto datapath = open();
    DatapathTables tables;
    for (std::uint32_t id = 2; id < 2 + kNodes; ++id)
        tables.nodes[vtep_be(id)] = {id, 1};
    const auto applied = datapath->apply(diff({}, tables));
    ASSERT_TRUE(applied.ok()) << applied.error().message();
    EXPECT_EQ(datapath->node_stats()->size(), kNodes);
}

TEST_F(Maps, keep_statistics_beside_ports_and_nodes) {
    const auto datapath = open();
    ASSERT_TRUE(datapath->apply(diff({}, sample_tables())).ok());
    EXPECT_TRUE(datapath->port_stats()->contains(7));
    EXPECT_TRUE(datapath->node_stats()->contains(vtep_be(2)));
    ASSERT_TRUE(datapath->apply(diff(sample_tables(), {})).ok());
    EXPECT_THAT(*datapath->port_stats(), IsEmpty());
    EXPECT_THAT(*datapath->node_stats(), IsEmpty());
}

TEST_F(Maps, keep_statistics_when_a_port_changes) {
    auto datapath = open();
    ASSERT_TRUE(datapath->apply(diff({}, sample_tables())).ok());
    const std::vector<coax_port_stats> slots(1024, coax_port_stats{1, 60, 0, 0});
    test::poke_raw(pin_dir(instance_) / "coax_port_stats", &sample_tables().ports.begin()->first,
                   slots.data());
    const auto packets = datapath->port_stats()->at(7).rx_packets;
    EXPECT_GT(packets, 0U); // one per possible CPU
    EXPECT_EQ(datapath->port_stats()->at(7).rx_bytes, packets * 60);
    auto changed = sample_tables();
    changed.ports[7].flags = COAX_PORT_MORE_MACS;
    ASSERT_TRUE(datapath->apply(diff(sample_tables(), changed)).ok());
    EXPECT_EQ(datapath->port_stats()->at(7).rx_packets, packets);
}

TEST_F(Maps, survive_a_restart) {
    auto datapath = open();
    ASSERT_TRUE(datapath->apply(diff({}, sample_tables())).ok());
    datapath.reset();
    datapath = open();
    EXPECT_EQ(diff(*datapath->read_tables(), sample_tables()).size(), 0U);
}

TEST_F(Maps, get_missing_statistics_back_at_a_restart) {
    auto datapath = open();
    ASSERT_TRUE(datapath->apply(diff({}, sample_tables())).ok());
    const coax_port orphan{}; // a port whose statistics somebody deleted
    const std::uint32_t ifindex = 8;
    poke(pin_dir(instance_) / "coax_ports", ifindex, orphan);
    datapath.reset();
    datapath = open();
    EXPECT_TRUE(datapath->port_stats()->contains(8));
    auto tables = *datapath->read_tables();
    ASSERT_TRUE(datapath->apply(diff(tables, sample_tables())).ok());
    EXPECT_FALSE(datapath->port_stats()->contains(8));
}

TEST_F(Maps, that_are_full_name_map_size_and_option) {
    fdb_entries_ = 2;
    const auto datapath = open();
    DatapathTables tables;
    for (std::uint8_t mac = 1; mac <= 3; ++mac)
        tables.static_fdb[test::fdb_key(100, mac)] = {test::to_node(2), COAX_FDB_STATIC, 0};
    const auto applied = datapath->apply(diff({}, tables));
    ASSERT_FALSE(applied.ok());
    EXPECT_THAT(applied.error().message(),
                AllOf(HasSubstr("coax_fdb [vni 100 mac 02:00:5e:00:53:03]"), HasSubstr("2 entries"),
                      HasSubstr("overlay.fdb_entries")));
}

TEST_F(Maps, of_members_are_sized_by_their_option) {
    member_entries_ = 2;
    const auto datapath = open();
    DatapathTables tables;
    for (std::uint32_t vni = 1; vni <= 3; ++vni)
        tables.members[{test::vtep_be(2), vni}] = {2, 1};
    const auto applied = datapath->apply(diff({}, tables));
    ASSERT_FALSE(applied.ok());
    EXPECT_THAT(applied.error().message(), AllOf(HasSubstr("coax_members"), HasSubstr("2 entries"),
                                                 HasSubstr("overlay.member_entries")));
}

TEST_F(Maps, keep_their_size_when_the_option_changes_and_say_so) {
    open();
    fdb_entries_ = 4096;
    const auto datapath = open();
    EXPECT_THAT(datapath->notes(), Contains(AllOf(HasSubstr("coax_fdb"), HasSubstr("1024"),
                                                  HasSubstr("4096"), HasSubstr("coax down"))));
}

TEST_F(Maps, sum_drops_and_counters_over_all_cpus) {
    const auto datapath = open();
    const std::vector<coax_count> slots(1024, coax_count{1, 100});
    const std::uint32_t drop = coax_drop_index(COAX_HOOK_TC_LANE, COAX_DROP_NOT_VXLAN);
    const std::uint32_t counter = COAX_COUNTER_DECAP;
    test::poke_raw(pin_dir(instance_) / "coax_drops", &drop, slots.data());
    test::poke_raw(pin_dir(instance_) / "coax_counters", &counter, slots.data());
    const auto cpus = static_cast<std::uint64_t>(libbpf_num_possible_cpus());
    const auto drops = datapath->drops();
    ASSERT_TRUE(drops.ok());
    EXPECT_EQ((*drops)[COAX_HOOK_TC_LANE][COAX_DROP_NOT_VXLAN].packets, cpus);
    EXPECT_EQ((*drops)[COAX_HOOK_TC_LANE][COAX_DROP_NOT_VXLAN].bytes, cpus * 100);
    EXPECT_EQ((*drops)[COAX_HOOK_TC_PORT][COAX_DROP_NOT_VXLAN].packets, 0U);
    EXPECT_EQ((*datapath->counters())[COAX_COUNTER_DECAP].packets, cpus);
}

TEST_F(Maps, of_counts_that_an_older_agent_made_are_replaced_by_larger_ones_with_its_counts) {
    open();
    constexpr std::uint32_t kFirstDrops = COAX_DROP_FIRST_ENTRIES;
    test::replace_counts_pin(pin_dir(instance_) / "coax_drops", kFirstDrops, {2, 120});
    test::replace_counts_pin(pin_dir(instance_) / "coax_counters", 15, {3, 180});
    const auto datapath = open();
    EXPECT_THAT(datapath->notes(), Not(Contains(HasSubstr("entries"))));
    const auto cpus = static_cast<std::uint64_t>(libbpf_num_possible_cpus());
    EXPECT_EQ((*datapath->drops())[COAX_HOOK_TC_LANE][COAX_DROP_NOT_VXLAN].packets, cpus * 2);
    EXPECT_EQ((*datapath->drops())[COAX_HOOK_TC_LANE][COAX_DROP_ECHO_STALE].packets, 0U);
    EXPECT_EQ((*datapath->counters())[COAX_COUNTER_DECAP].bytes, cpus * 180);
    const std::uint32_t last = COAX_DROP_ENTRIES - 1; // there to be counted in
    std::vector<coax_count> slots(1024);
    test::peek_raw(pin_dir(instance_) / "coax_drops", &last, slots.data());
    EXPECT_EQ(slots[0].packets, 0U);
}

/// A node, and what it said of its path.
Datapath::ContactsOf of(std::uint32_t node) {
    return {.vteps_be = {vtep_be(node)}, .paths = true};
}

TEST_F(Maps, tell_when_a_node_was_heard_and_how_long_it_took) {
    const auto datapath = open();
    ASSERT_TRUE(datapath->apply(diff({}, sample_tables())).ok());
    EXPECT_EQ(datapath->contacts(of(2))->at(vtep_be(2)).last_rx_ns, 0U);
    std::vector<coax_node_stats> slots(1024);
    slots[0].last_rx_ns = 77;
    const std::uint32_t vtep = vtep_be(2);
    test::poke_raw(pin_dir(instance_) / "coax_node_stats", &vtep, slots.data());
    coax_node_control control{};
    control.answered = 5;
    control.rtt_ns = 1234;
    poke(pin_dir(instance_) / "coax_node_control", vtep, control);
    const NodeContact contact = datapath->contacts(of(2))->at(vtep);
    EXPECT_EQ(contact.last_rx_ns, 77U);
    EXPECT_EQ(contact.answered, 5U);
    EXPECT_EQ(contact.rtt_ns, 1234U);
    ASSERT_TRUE(datapath->apply(diff(sample_tables(), {})).ok());
    EXPECT_THAT(*datapath->contacts(of(2)), IsEmpty());
}

TEST_F(Maps, tell_of_nodes_whether_few_are_asked_for_or_many) {
    const auto datapath = open();
    ASSERT_TRUE(datapath->apply(diff({}, sample_tables())).ok());
    const std::uint32_t vtep = vtep_be(2);
    coax_node_control control{};
    control.answered = 5;
    poke(pin_dir(instance_) / "coax_node_control", vtep, control);
    poke(pin_dir(instance_) / "coax_path_reports", vtep,
         coax_path_report{.sent_ns = 99, .flags = COAX_PATH_TO_SECOND, .pad = 0});
    for (const std::size_t asked : {1UL, 5000UL}) { // looked up; the whole map in batches
        SCOPED_TRACE(asked);
        Datapath::ContactsOf nodes{.vteps_be = std::vector<std::uint32_t>(asked, vtep)};
        EXPECT_EQ(datapath->contacts(nodes)->at(vtep).answered, 5U);
        EXPECT_EQ(datapath->contacts(nodes)->at(vtep).path_asked_ns, 0U) << "not asked for";
        nodes.paths = true;
        EXPECT_EQ(datapath->contacts(nodes)->at(vtep).path_asked_ns, 99U);
    }
    EXPECT_THAT(*datapath->contacts({.vteps_be = {vtep_be(77)}}), IsEmpty());
}

TEST_F(Maps, tell_what_a_node_said_of_its_path) {
    const auto datapath = open();
    ASSERT_TRUE(datapath->apply(diff({}, sample_tables())).ok());
    const std::uint32_t vtep = vtep_be(2);
    EXPECT_EQ(datapath->contacts(of(2))->at(vtep).path_asked_ns, 0U);
    poke(pin_dir(instance_) / "coax_path_reports", vtep,
         coax_path_report{.sent_ns = 99, .flags = COAX_PATH_TO_SECOND, .pad = 0});
    EXPECT_EQ(datapath->contacts(of(2))->at(vtep).path_asked_ns, 99U);
    EXPECT_EQ(datapath->contacts(of(2))->at(vtep).path, COAX_PATH_TO_SECOND);
    ASSERT_TRUE(datapath->apply(diff(sample_tables(), {})).ok());
    EXPECT_THAT(*datapath->contacts(of(2)), IsEmpty());
}

// The version before knew neither; what it pinned stays, and its nodes get their entries.
TEST_F(Maps, of_the_second_keys_are_made_beside_those_of_an_older_agent) {
    auto datapath = open();
    auto before = sample_tables();
    before.second = {};
    before.paths.clear();
    ASSERT_TRUE(datapath->apply(diff({}, before)).ok());
    datapath.reset();
    for (const char *map : {"coax_second", "coax_paths", "coax_path_reports"})
        ASSERT_TRUE(std::filesystem::remove(pin_dir(instance_) / map)) << map;
    datapath = open();
    const auto found = datapath->read_tables();
    ASSERT_TRUE(found.ok()) << found.error().message();
    EXPECT_EQ(diff(*found, before).size(), 0U);
    test::peek<coax_path_report>(pin_dir(instance_) / "coax_path_reports", vtep_be(2));
    ASSERT_TRUE(datapath->apply(diff(*found, sample_tables())).ok());
    EXPECT_EQ(diff(*datapath->read_tables(), sample_tables()).size(), 0U);
}

TEST_F(Maps, say_how_many_paths_fit) {
    EXPECT_EQ(open()->capacities().at("coax_paths"), 65536U);
}

TEST_F(Maps, expect_an_answer_of_nodes_that_are_there) {
    const auto datapath = open();
    ASSERT_TRUE(datapath->apply(diff({}, sample_tables())).ok());
    ASSERT_TRUE(datapath->expect_echo(vtep_be(2), {.sequence = 9, .sent_ns = 8}).ok());
    const auto probe = test::peek<coax_probe>(pin_dir(instance_) / "coax_probes", vtep_be(2));
    EXPECT_EQ(probe.sequence, 9U);
    EXPECT_EQ(probe.sent_ns, 8U);
    EXPECT_TRUE(datapath->expect_echo(vtep_be(3), {.sequence = 1, .sent_ns = 1}).ok());
}

TEST_F(Maps, keep_leases_until_they_are_removed) {
    auto datapath = open();
    const coax_lease_key key{COAX_LEASE_GATEWAY, 100};
    ASSERT_TRUE(datapath->set_lease(key, {.deadline_ns = 5, .flags = 0}).ok());
    ASSERT_TRUE(datapath->set_lease(key, {.deadline_ns = 6, .flags = 0}).ok());
    datapath.reset(); // the agent dies
    EXPECT_EQ(test::peek<coax_lease>(pin_dir(instance_) / "coax_leases", key).deadline_ns, 6U);
    datapath = open();
    ASSERT_EQ(datapath->leases()->size(), 1U);
    EXPECT_EQ(datapath->leases()->at(key).deadline_ns, 6U);
    ASSERT_TRUE(datapath->remove_lease(key).ok());
    EXPECT_TRUE(datapath->remove_lease(key).ok()) << "absent is success";
    EXPECT_TRUE(datapath->leases()->empty());
}

/// Mail of node 2 as it comes out of WireGuard, through the pinned tc_lane.
void mail_arrives(const std::string &instance, const std::string &text) {
    struct {
        iphdr ip;
        udphdr udp;
        coax_control control;
    } __attribute__((packed)) head{};
    head.ip.version = 4;
    head.ip.ihl = 5;
    head.ip.protocol = IPPROTO_UDP;
    head.ip.tot_len = htons(static_cast<std::uint16_t>(sizeof(head) + text.size()));
    head.ip.saddr = vtep_be(2);
    head.ip.daddr = vtep_be(1);
    head.udp.dest = htons(COAX_CONTROL_PORT);
    head.udp.len = htons(static_cast<std::uint16_t>(sizeof(head) - sizeof(iphdr) + text.size()));
    head.control.magic_be = htonl(COAX_CONTROL_MAGIC);
    head.control.version = COAX_CONTROL_VERSION;
    head.control.type = COAX_CONTROL_MAIL;
    std::string packet(reinterpret_cast<const char *>(&head), sizeof(head));
    packet += text;
    const UniqueFd program(bpf_obj_get((pin_dir(instance) / "programs/tc_lane").c_str()));
    LIBBPF_OPTS(bpf_test_run_opts, run);
    run.data_in = packet.data();
    run.data_size_in = static_cast<std::uint32_t>(packet.size());
    ASSERT_EQ(bpf_prog_test_run_opts(program.get(), &run), 0);
    ASSERT_EQ(run.retval, 4U) << "expected the packet to be taken";
}

TEST_F(Maps, hand_over_mail_also_that_of_the_time_without_an_agent) {
    auto datapath = open();
    ASSERT_TRUE(datapath->apply(diff({}, sample_tables())).ok());
    datapath.reset();
    mail_arrives(instance_, "first");
    datapath = open();
    mail_arrives(instance_, "second");
    const auto ready = datapath->mail_ready();
    ASSERT_TRUE(ready.ok());
    pollfd waiting{ready->get(), POLLIN, 0};
    EXPECT_EQ(::poll(&waiting, 1, 0), 1);
    std::vector<std::string> texts;
    ASSERT_TRUE(datapath
                    ->read_mail([&](const coax_mail_record &record) {
                        EXPECT_EQ(record.node_id, 2U);
                        texts.emplace_back(reinterpret_cast<const char *>(record.bytes),
                                           record.bytes_count);
                    })
                    .ok());
    EXPECT_EQ(texts, (std::vector<std::string>{"first", "second"}));
    EXPECT_EQ(::poll(&waiting, 1, 0), 0);
}

class Learned : public test::DatapathTest {
  protected:
    void SetUp() override {
        datapath_ = open();
        ASSERT_TRUE(datapath_->apply(diff({}, sample_tables())).ok());
    }
    void learn(std::uint32_t vni, std::uint8_t mac, std::uint32_t node, std::uint64_t seen_ns) {
        poke(pin_dir(instance_) / "coax_fdb", test::fdb_key(vni, mac),
             coax_fdb_entry{test::to_node(node), 0, seen_ns});
    }
    std::unique_ptr<Datapath> datapath_;
};

TEST_F(Learned, entries_are_not_part_of_the_tables) {
    learn(100, 0x10, 2, 500);
    EXPECT_EQ(datapath_->learned()->size(), 1U);
    EXPECT_EQ(diff(*datapath_->read_tables(), sample_tables()).size(), 0U);
}

TEST_F(Learned, entries_are_all_read_once_however_many) {
    datapath_.reset();
    ASSERT_TRUE(remove_datapath(instance_).ok());
    fdb_entries_ = 65536;
    datapath_ = open();
    const std::size_t count = 50'000;
    std::vector<coax_fdb_key> keys;
    for (std::uint32_t i = 0; i < count; ++i)
        keys.push_back({i, {0x02, 0x00, 0x5e, 0x00, 0x53, 0x01}, {}});
    const std::vector<coax_fdb_entry> entries(count, {test::to_node(2), 0, 500});
    test::poke_many(pin_dir(instance_) / "coax_fdb", keys.data(), entries.data(), count);

    const auto learned = datapath_->learned();
    ASSERT_TRUE(learned.ok());
    std::set<std::uint32_t> seen;
    for (const auto &entry : *learned)
        seen.insert(entry.key.vni);
    EXPECT_EQ(learned->size(), count);
    EXPECT_EQ(seen.size(), count);
    EXPECT_EQ(*datapath_->age(1000), count);
    EXPECT_THAT(*datapath_->learned(), IsEmpty());
}

TEST_F(Learned, entries_age_and_static_ones_do_not) {
    learn(100, 0x10, 2, 500);
    learn(100, 0x11, 2, 1500);
    EXPECT_EQ(*datapath_->age(1000), 1U);
    ASSERT_EQ(datapath_->learned()->size(), 1U);
    EXPECT_EQ(datapath_->learned()->front().key.mac[5], 0x11);
    EXPECT_EQ(diff(*datapath_->read_tables(), sample_tables()).size(), 0U);
}

TEST_F(Learned, entries_go_with_their_network_and_with_their_node) {
    learn(100, 0x10, 2, 1500);
    learn(200, 0x11, 2, 1500); // no such network
    learn(100, 0x12, 3, 1500); // node 3 is not a member
    EXPECT_EQ(*datapath_->age(1000), 2U);
    auto without_member = sample_tables();
    without_member.members.clear();
    ASSERT_TRUE(datapath_->apply(diff(sample_tables(), without_member)).ok());
    EXPECT_EQ(*datapath_->age(1000), 1U);
    EXPECT_THAT(*datapath_->learned(), IsEmpty());
}

TEST_F(Learned, counts_are_corrected_by_a_sweep) {
    learn(100, 0x10, 2, 1500);
    const std::uint32_t vni = 100;
    const std::uint32_t wrong = 77;
    poke(pin_dir(instance_) / "coax_net_learned", vni, wrong);
    EXPECT_EQ(*datapath_->age(1000), 0U);
    EXPECT_EQ(test::peek<std::uint32_t>(pin_dir(instance_) / "coax_net_learned", vni), 1U);
}

class Version : public test::DatapathTest {
  protected:
    void set_version(std::uint32_t version) {
        const std::uint32_t only = 0;
        poke(pin_dir(instance_) / "coax_abi", only, version);
    }
};

TEST_F(Version, of_another_agent_is_refused_and_its_traffic_left_alone) {
    const test::VethPair veth("cxv");
    ASSERT_TRUE(*open()->attach_port(veth.link()));
    set_version(99);
    const auto opened = try_open();
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code(), ErrorCode::kVersion);
    EXPECT_THAT(opened.error().message(),
                AllOf(HasSubstr("version 99"),
                      HasSubstr("version " + std::to_string(COAX_ABI_VERSION)),
                      HasSubstr("coax down")));
    EXPECT_NE(test::our_filter(veth.link(), TcSide::kIngress), 0U);
    EXPECT_EQ(try_open().error().code(), ErrorCode::kVersion); // still
}

TEST_F(Version, of_another_agent_is_discarded_when_told) {
    const test::VethPair veth("cxw");
    {
        const auto datapath = open();
        ASSERT_TRUE(datapath->apply(diff({}, sample_tables())).ok());
        ASSERT_TRUE(*datapath->attach_port(veth.link()));
    }
    set_version(99);
    const auto opened = try_open(true);
    ASSERT_TRUE(opened.ok()) << opened.error().message();
    EXPECT_EQ(test::our_filter(veth.link(), TcSide::kIngress), 0U);
    EXPECT_EQ(diff(*(*opened)->read_tables(), {}).size(), 0U);
    EXPECT_TRUE(try_open().ok());
}

TEST_F(Version, zero_is_an_unfinished_start_and_begun_again) {
    open();
    set_version(0);
    EXPECT_TRUE(try_open().ok());
}

TEST_F(Version, the_same_with_another_layout_is_refused) {
    open();
    // What a build with other structs leaves behind.
    test::replace_map_pin(pin_dir(instance_) / "coax_nodes", 4, 64, 65536);
    const auto opened = try_open();
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code(), ErrorCode::kVersion);
    EXPECT_THAT(opened.error().message(), HasSubstr("coax_nodes"));
    EXPECT_TRUE(try_open(true).ok());
}

TEST(InstanceName, that_is_not_one_is_refused) {
    for (const char *name : {"", "..", "a/b", "toolongname", "A", "a.b"}) {
        EXPECT_EQ(remove_datapath(name).error().code(), ErrorCode::kInvalid) << name;
        DatapathOptions options;
        options.instance = name;
        EXPECT_EQ(open_datapath(options).error().code(), ErrorCode::kInvalid) << name;
    }
}

TEST(DecapL3, is_known_from_kernel_6_3_on) {
    utsname names{};
    ASSERT_EQ(::uname(&names), 0);
    int major = 0;
    int minor = 0;
    ASSERT_EQ(std::sscanf(names.release, "%d.%d", &major, &minor), 2);
    EXPECT_EQ(decap_l3_supported(), major > 6 || (major == 6 && minor >= 3)) << names.release;
}

} // namespace
} // namespace coax
