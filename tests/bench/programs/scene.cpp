// SPDX-License-Identifier: Apache-2.0
#include "bench/programs/scene.h"

#include <arpa/inet.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "bpf/uplink_rows.h"
#include "tc_handover.skel.h"
#include "tc_lane.skel.h"
#include "tc_port.skel.h"
#include "tc_uplink.skel.h"
#include "xdp_uplink.skel.h"

namespace coax::bench {

namespace {

using namespace coax::test;

constexpr std::uint32_t kTestRunL2Bytes = 14;   // a test run's skb always has an Ethernet header
constexpr std::uint32_t kFirstNode = 2;         // host part of the VTEP of node 0
constexpr std::uint32_t kVtepPool = 0x64400000; // 100.64.0.0
constexpr std::size_t kBatch = 4096;
constexpr std::array kSizedMaps = {"coax_fdb", "coax_nodes", "coax_node_stats", "coax_members"};

[[noreturn]] void broken(const char *what, const char *which) {
    std::fprintf(stderr, "bench_programs: %s: %s (are you root?)\n", which, what);
    std::abort();
}

/// Maps of its own, the sized ones as large as in the product.
void unpin(bpf_object *object) {
    std::array<std::uint32_t, kSizedMaps.size()> entries{};
    for (std::size_t i = 0; i < kSizedMaps.size(); ++i) {
        const bpf_map *map = bpf_object__find_map_by_name(object, kSizedMaps.at(i));
        entries.at(i) = map == nullptr ? 0 : bpf_map__max_entries(map);
    }
    isolate_maps(object);
    for (std::size_t i = 0; i < kSizedMaps.size(); ++i) {
        bpf_map *map = bpf_object__find_map_by_name(object, kSizedMaps.at(i));
        if (map != nullptr)
            bpf_map__set_max_entries(map, entries.at(i));
    }
}

void configure(tc_lane &skeleton) {
    skeleton.rodata->coax_lane_l2_bytes = kTestRunL2Bytes;
}
template <typename Skeleton>
void configure(Skeleton &) {}

template <typename Skeleton>
std::pair<std::shared_ptr<void>, bpf_object *> load() {
    Skeleton *skeleton = Skeleton::open();
    if (skeleton == nullptr)
        return {};
    std::shared_ptr<void> owner(
        skeleton, [](void *opened) { Skeleton::destroy(static_cast<Skeleton *>(opened)); });
    unpin(skeleton->obj);
    configure(*skeleton);
    if (Skeleton::load(skeleton) != 0)
        return {};
    return {owner, skeleton->obj};
}

std::pair<std::shared_ptr<void>, bpf_object *> load(coax_hook hook) {
    switch (hook) {
    case COAX_HOOK_TC_PORT:
        return load<tc_port>();
    case COAX_HOOK_TC_LANE:
        return load<tc_lane>();
    case COAX_HOOK_TC_HANDOVER:
        return load<tc_handover>();
    case COAX_HOOK_TC_UPLINK:
        return load<tc_uplink>();
    default:
        return load<xdp_uplink>();
    }
}

/// Key by key in batches: a million single calls would take seconds.
template <typename Key, typename Value, typename Make>
void put_many(bpf_object *object, const char *name, std::uint32_t count, Make make) {
    const bpf_map *map = bpf_object__find_map_by_name(object, name);
    if (map == nullptr)
        return; // not every program has every map
    std::vector<Key> keys;
    std::vector<Value> values;
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto [key, value] = make(i);
        keys.push_back(key);
        values.push_back(value);
        if (keys.size() < kBatch && i + 1 < count)
            continue;
        auto filled = static_cast<std::uint32_t>(keys.size());
        if (bpf_map_update_batch(bpf_map__fd(map), keys.data(), values.data(), &filled, nullptr) !=
            0)
            broken("the kernel refused entries", name);
        keys.clear();
        values.clear();
    }
}

} // namespace

Mac endpoint_mac(std::uint32_t index) {
    const auto byte = [index](unsigned shift) { return static_cast<std::uint8_t>(index >> shift); };
    return {0x02, 0x10, byte(24), byte(16), byte(8), byte(0)};
}

std::uint32_t node_vtep_be(std::uint32_t node) {
    return htonl(kVtepPool + kFirstNode + node);
}

const char *hook_name(coax_hook hook) {
    static constexpr std::array kNames = {
#define COAX_TEXT(name, label) label,
        COAX_HOOKS(COAX_TEXT)
#undef COAX_TEXT
    };
    return kNames.at(static_cast<std::size_t>(hook));
}

Scene::Scene(coax_hook hook, Size size) : size_(size) {
    std::tie(skeleton_, object_) = load(hook);
    if (object_ == nullptr)
        broken("the kernel does not load it", hook_name(hook));
    program_ = std::make_unique<BpfRun>(object_, hook_name(hook));
    if (hook == COAX_HOOK_TC_UPLINK || hook == COAX_HOOK_XDP_UPLINK) {
        fill_uplink(*program_);
        return;
    }
    program_->put("coax_settings", 0U, world_settings());
    fill_nodes();
    if (hook == COAX_HOOK_TC_HANDOVER)
        return;
    program_->put("coax_networks", kVni, world_network());
    fill_fdb();
    if (hook == COAX_HOOK_TC_PORT)
        fill_port();
}

void Scene::fill_fdb() const {
    program_->put("coax_fdb", fdb_key(kVni, kPortMac),
                  fdb_entry(to_port(kLoopback, COAX_TARGET_PORT_PEER), COAX_FDB_STATIC));
    program_->put("coax_fdb", fdb_key(kVni, kLocalMac),
                  fdb_entry(to_port(kLoopback + 1, COAX_TARGET_PORT_PEER), COAX_FDB_STATIC));
    coax_target target = to_node(kRemoteVtep);
    put_many<coax_fdb_key, coax_fdb_entry>(
        object_, "coax_fdb", size_.fdb_entries, [&](std::uint32_t i) {
            target.vtep_be = node_vtep_be(i % size_.nodes);
            return std::pair(fdb_key(kVni, endpoint_mac(i)), fdb_entry(target, 0));
        });
}

void Scene::fill_nodes() const {
    const auto cpus = static_cast<std::size_t>(libbpf_num_possible_cpus());
    const std::vector<coax_node_stats> zeros(cpus);
    const bpf_map *stats = bpf_object__find_map_by_name(object_, "coax_node_stats");
    for (std::uint32_t node = 0; stats != nullptr && node < size_.nodes; ++node) {
        const std::uint32_t vtep_be = node_vtep_be(node);
        if (bpf_map_update_elem(bpf_map__fd(stats), &vtep_be, zeros.data(), BPF_ANY) != 0)
            broken("the kernel refused an entry", "coax_node_stats");
    }
    put_many<std::uint32_t, coax_node>(object_, "coax_nodes", size_.nodes, [](std::uint32_t i) {
        return std::pair(node_vtep_be(i), coax_node{.node_id = i + kFirstNode, .lanes = 1});
    });
    put_many<coax_member_key, coax_member>(
        object_, "coax_members", size_.nodes, [](std::uint32_t i) {
            return std::pair(coax_member_key{.vtep_be = node_vtep_be(i), .vni = kVni},
                             coax_member{.node_id = i + kFirstNode, .lanes = 1});
        });
}

void Scene::fill_port() const {
    program_->put("coax_ports", kLoopback, port_entry(kVni, kPortMac, COAX_PORT_GUARD_IP));
    program_->put("coax_port_state", kLoopback, coax_port_state{});
    program_->put_zero_per_cpu<coax_port_stats>("coax_port_stats", kLoopback);
    for (const char *address : {kPortIp, kPortIp6})
        program_->put("coax_guard_ip", guard_ip_key(kLoopback, address), std::uint8_t{0});
}

} // namespace coax::bench
