// SPDX-License-Identifier: Apache-2.0
#include "harness/bpf_maps.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <string_view>
#include <vector>

#include <bpf/bpf.h>

namespace coax::test {

namespace {

constexpr std::uint32_t kLargeMapEntries = 4096;

[[noreturn]] void broken(const bpf_map *map, const char *what) {
    std::fprintf(stderr, "empty map %s: %s: %s\n", bpf_map__name(map), what, std::strerror(errno));
    std::abort();
}

void delete_all(const bpf_map *map) {
    const int fd = bpf_map__fd(map);
    std::vector<std::uint8_t> key(bpf_map__key_size(map));
    while (bpf_map_get_next_key(fd, nullptr, key.data()) == 0)
        if (bpf_map_delete_elem(fd, key.data()) != 0)
            broken(map, "cannot delete an entry");
}

/// `copies` of the value per entry: the CPUs of a per-CPU array, whose values are rounded up to eight.
void zero_all(const bpf_map *map, std::size_t copies) {
    std::uint32_t entries = bpf_map__max_entries(map);
    std::vector<std::uint32_t> keys(entries);
    std::iota(keys.begin(), keys.end(), 0U);
    const std::size_t bytes = (bpf_map__value_size(map) + 7UL) / 8 * 8;
    const std::vector<std::uint8_t> zeros(entries * bytes * copies);
    if (bpf_map_update_batch(bpf_map__fd(map), keys.data(), zeros.data(), &entries, nullptr) != 0)
        broken(map, "cannot write the entries");
}

void take_all(const bpf_map *map) {
    ring_buffer *ring = ring_buffer__new(
        bpf_map__fd(map), [](void *, void *, std::size_t) { return 0; }, nullptr, nullptr);
    if (ring == nullptr || ring_buffer__consume(ring) < 0)
        broken(map, "cannot take the records");
    ring_buffer__free(ring);
}

} // namespace

void isolate_maps(bpf_object *object) {
    bpf_map *map = nullptr;
    bpf_object__for_each_map(map, object) {
        bpf_map__set_pin_path(map, nullptr);
        if (bpf_map__max_entries(map) > kLargeMapEntries)
            bpf_map__set_max_entries(map, kLargeMapEntries);
    }
}

void empty_maps(bpf_object *object) {
    const bpf_map *map = nullptr;
    bpf_object__for_each_map(map, object) {
        if (std::string_view(bpf_map__name(map)).find(".rodata") != std::string_view::npos)
            continue;
        switch (bpf_map__type(map)) {
        case BPF_MAP_TYPE_HASH:
        case BPF_MAP_TYPE_PERCPU_HASH:
        case BPF_MAP_TYPE_LPM_TRIE:
            delete_all(map);
            break;
        case BPF_MAP_TYPE_ARRAY:
            zero_all(map, 1);
            break;
        case BPF_MAP_TYPE_PERCPU_ARRAY:
            zero_all(map, static_cast<std::size_t>(libbpf_num_possible_cpus()));
            break;
        case BPF_MAP_TYPE_RINGBUF:
            take_all(map);
            break;
        default:
            broken(map, "a kind this function does not know");
        }
    }
}

} // namespace coax::test
