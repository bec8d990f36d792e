// SPDX-License-Identifier: Apache-2.0
#include "bench/programs/scene.h"

#include <arpa/inet.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <system_error>
#include <vector>

#include "bpf/uplink_rows.h"
#include "harness/poll_until.h"

namespace coax::bench {

namespace {

using namespace coax::test;

constexpr std::uint32_t kFirstNode = 2;         // host part of the VTEP of node 0
constexpr std::uint32_t kVtepPool = 0x64400000; // 100.64.0.0
constexpr std::size_t kBatch = 4096;
constexpr std::array kSizedMaps = {"coax_fdb", "coax_nodes", "coax_node_stats", "coax_members"};

[[noreturn]] void broken(const char *what, const char *which) {
    std::fprintf(stderr, "bench_programs: %s: %s: %s\n", which, what,
                 std::generic_category().message(errno).c_str());
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

/// Calls `update` again while the kernel has no memory: it refills its reserve of map entries in the
/// background.
void insist(const char *map, const std::function<int()> &update) {
    int rc = 0;
    poll_until([&] {
        rc = update();
        return rc == 0 || errno != ENOMEM;
    });
    if (rc != 0)
        broken("the kernel refused an entry", map);
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
        std::size_t done = 0;
        insist(name, [&] {
            auto filled = static_cast<std::uint32_t>(keys.size() - done);
            const int rc = bpf_map_update_batch(bpf_map__fd(map), &keys[done], &values[done],
                                                &filled, nullptr);
            done += filled;
            return rc;
        });
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

Scene::Scene(coax_hook hook, Size size) : size_(size), loaded_(load_program(hook, unpin)) {
    program_ = std::make_unique<BpfRun>(loaded_.object, hook_name(hook));
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
        loaded_.object, "coax_fdb", size_.fdb_entries, [&](std::uint32_t i) {
            target.vtep_be = node_vtep_be(i % size_.nodes);
            return std::pair(fdb_key(kVni, endpoint_mac(i)), fdb_entry(target, 0));
        });
}

void Scene::fill_nodes() const {
    const auto cpus = static_cast<std::size_t>(libbpf_num_possible_cpus());
    const std::vector<coax_node_stats> zeros(cpus);
    const bpf_map *stats = bpf_object__find_map_by_name(loaded_.object, "coax_node_stats");
    for (std::uint32_t node = 0; stats != nullptr && node < size_.nodes; ++node) {
        const std::uint32_t vtep_be = node_vtep_be(node);
        insist("coax_node_stats", [&] {
            return bpf_map_update_elem(bpf_map__fd(stats), &vtep_be, zeros.data(), BPF_ANY);
        });
    }
    put_many<std::uint32_t, coax_node>(
        loaded_.object, "coax_nodes", size_.nodes, [](std::uint32_t i) {
            return std::pair(node_vtep_be(i), coax_node{.node_id = i + kFirstNode, .lanes = 1});
        });
    put_many<coax_member_key, coax_member>(
        loaded_.object, "coax_members", size_.nodes, [](std::uint32_t i) {
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
