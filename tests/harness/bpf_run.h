// SPDX-License-Identifier: Apache-2.0
// Runs one loaded BPF program on one packet and reports all it did: verdict, bytes, drops, counters.
#pragma once

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "coax/abi/counter.h"
#include "coax/abi/drop_reason.h"
#include "coax/abi/tables.h"
#include "harness/packet.h"

namespace coax::test {

/// What of the skb or xdp_buff is not in the bytes.
struct RunContext {
    std::uint32_t ifindex = 0; // 0: the loopback device of the namespace
    std::uint32_t gso_size = 0;
    std::uint32_t gso_segs = 0;
    std::uint32_t mark = 0;
};

/// Index in coax_drops.
constexpr std::uint32_t drop_index(coax_hook hook, coax_drop_reason reason) {
    return coax_drop_index(hook, reason);
}

/// What an index in coax_drops stands for; COAX_HOOKS_COUNT where it stands for nothing.
struct DropPlace {
    std::uint32_t hook = COAX_HOOKS_COUNT;
    std::uint32_t reason = COAX_DROP_REASONS_COUNT;
};
DropPlace drop_place(std::uint32_t index);

struct RunResult {
    int error = 0; // errno of the system call: the kernel did not run the program
    std::uint32_t verdict = 0;
    Bytes packet;
    std::uint32_t mark = 0;
    std::uint32_t gso_segs = 0; // the kernel does not give gso_size back
    // Only what moved. Drops by drop_index(), counters by coax_counter.
    std::map<std::uint32_t, coax_count> drops;
    std::map<std::uint32_t, coax_count> counters;
};

/// A loaded object with one program of the same name; borrows the object. Map access aborts the
/// process with the map's name when the map does not exist or has other sizes: that is a broken test.
class BpfRun {
  public:
    BpfRun(bpf_object *object, const char *program);

    [[nodiscard]] RunResult run(const Bytes &packet, const RunContext &context = {}) const;

    template <typename Key, typename Value>
    void put(const char *map, const Key &key, const Value &value) const {
        update_raw(map, &key, sizeof(Key), &value, sizeof(Value));
    }
    template <typename Value, typename Key>
    [[nodiscard]] std::optional<Value> get(const char *map, const Key &key) const {
        Value value{};
        if (!lookup(map, &key, sizeof(Key), &value, sizeof(Value)))
            return std::nullopt;
        return value;
    }
    template <typename Key>
    void remove(const char *map, const Key &key) const {
        erase(map, &key, sizeof(Key));
    }
    /// Values of all CPUs of a per-CPU map; empty when the key is absent.
    template <typename Value, typename Key>
    [[nodiscard]] std::vector<Value> get_per_cpu(const char *map, const Key &key) const;

    /// An entry of a per-CPU map, zero on all CPUs.
    template <typename Value, typename Key>
    void put_zero_per_cpu(const char *map, const Key &key) const;

    [[nodiscard]] int program_fd() const { return bpf_program__fd(program_); }
    /// Of a map without keys, such as a ring buffer.
    [[nodiscard]] int map_fd(const char *map) const { return map_fd(map, 0, 0); }

    /// Sums over all CPUs of an array of coax_count, entries that are not zero.
    [[nodiscard]] std::map<std::uint32_t, coax_count> counts(const char *map) const;

  private:
    [[nodiscard]] int map_fd(const char *map, std::size_t key_bytes, std::size_t value_bytes) const;
    /// `value_bytes` is that of one CPU.
    void update_raw(const char *map, const void *key, std::size_t key_bytes, const void *value,
                    std::size_t value_bytes) const;
    bool lookup(const char *map, const void *key, std::size_t key_bytes, void *value,
                std::size_t value_bytes) const;
    void erase(const char *map, const void *key, std::size_t key_bytes) const;

    bpf_object *object_;
    bpf_program *program_;
};

/// From 6.3 on the kernel takes COAX_SETTINGS_DECAP_L3 and corrects skb->protocol of inner IPv6.
bool kernel_decapsulates_l3();

/// Labels of the lists in coax/abi; "?" for a number that is not in them.
const char *hook_name(std::uint32_t hook);
const char *reason_name(std::uint32_t reason);

/// "tc_port/spoofed_mac 1" for every entry, one line; for messages.
std::string drops_text(const std::map<std::uint32_t, coax_count> &drops);
std::string counters_text(const std::map<std::uint32_t, coax_count> &counters);

template <typename Value, typename Key>
void BpfRun::put_zero_per_cpu(const char *map, const Key &key) const {
    static_assert(sizeof(Value) % 8 == 0, "the kernel rounds per-CPU values up to eight bytes");
    const std::vector<Value> zeros(static_cast<std::size_t>(libbpf_num_possible_cpus()));
    update_raw(map, &key, sizeof(Key), zeros.data(), sizeof(Value));
}

template <typename Value, typename Key>
std::vector<Value> BpfRun::get_per_cpu(const char *map, const Key &key) const {
    static_assert(sizeof(Value) % 8 == 0, "the kernel rounds per-CPU values up to eight bytes");
    const int cpus = libbpf_num_possible_cpus();
    std::vector<Value> values(static_cast<std::size_t>(cpus));
    const int fd = map_fd(map, sizeof(Key), sizeof(Value));
    if (bpf_map_lookup_elem(fd, &key, values.data()) != 0)
        return {};
    return values;
}

} // namespace coax::test
