// SPDX-License-Identifier: Apache-2.0
#include "harness/bpf_run.h"

#include <linux/bpf.h>
#include <sys/utsname.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <system_error>

namespace coax::test {

namespace {

constexpr std::size_t kOutputBytes = 128UL * 1024;

[[noreturn]] void broken(const char *what, const char *map) {
    std::fprintf(stderr, "test uses map %s: %s\n", map, what);
    std::abort();
}

std::map<std::uint32_t, coax_count> moved(const std::map<std::uint32_t, coax_count> &before,
                                          const std::map<std::uint32_t, coax_count> &after) {
    std::map<std::uint32_t, coax_count> delta;
    for (const auto &[index, now] : after) {
        const auto found = before.find(index);
        const coax_count old = found == before.end() ? coax_count{} : found->second;
        if (now.packets != old.packets || now.bytes != old.bytes)
            delta[index] = {.packets = now.packets - old.packets, .bytes = now.bytes - old.bytes};
    }
    return delta;
}

} // namespace

BpfRun::BpfRun(bpf_object *object, const char *program)
    : object_(object), program_(bpf_object__find_program_by_name(object, program)) {
    if (program_ == nullptr)
        broken("no such program in the object", program);
}

int BpfRun::map_fd(const char *map, std::size_t key_bytes, std::size_t value_bytes) const {
    const bpf_map *found = bpf_object__find_map_by_name(object_, map);
    if (found == nullptr)
        broken("no such map in the object", map);
    if (bpf_map__key_size(found) != key_bytes || bpf_map__value_size(found) != value_bytes)
        broken("key or value of another size", map);
    return bpf_map__fd(found);
}

void BpfRun::update_raw(const char *map, const void *key, std::size_t key_bytes, const void *value,
                        std::size_t value_bytes) const {
    if (bpf_map_update_elem(map_fd(map, key_bytes, value_bytes), key, value, BPF_ANY) != 0)
        broken(std::generic_category().message(errno).c_str(), map);
}

bool BpfRun::lookup(const char *map, const void *key, std::size_t key_bytes, void *value,
                    std::size_t value_bytes) const {
    return bpf_map_lookup_elem(map_fd(map, key_bytes, value_bytes), key, value) == 0;
}

void BpfRun::erase(const char *map, const void *key, std::size_t key_bytes) const {
    const bpf_map *found = bpf_object__find_map_by_name(object_, map);
    if (found == nullptr || bpf_map__key_size(found) != key_bytes)
        broken("no such map, or a key of another size", map);
    if (bpf_map_delete_elem(bpf_map__fd(found), key) != 0)
        broken(std::generic_category().message(errno).c_str(), map);
}

std::map<std::uint32_t, coax_count> BpfRun::counts(const char *map) const {
    std::map<std::uint32_t, coax_count> out;
    const bpf_map *found = bpf_object__find_map_by_name(object_, map);
    if (found == nullptr) // not every program has every map
        return out;
    std::uint32_t entries = bpf_map__max_entries(found);
    const auto cpus = static_cast<std::size_t>(libbpf_num_possible_cpus());
    std::vector<std::uint32_t> indices(entries);
    std::vector<coax_count> values(entries * cpus);
    std::uint32_t next = 0;
    if (bpf_map_lookup_batch(bpf_map__fd(found), nullptr, &next, indices.data(), values.data(),
                             &entries, nullptr) != 0 &&
        errno != ENOENT) // the end of the map
        broken(std::generic_category().message(errno).c_str(), map);
    for (std::uint32_t i = 0; i < entries; ++i) {
        coax_count sum{};
        for (std::size_t cpu = i * cpus; cpu < (i + 1) * cpus; ++cpu) {
            sum.packets += values[cpu].packets;
            sum.bytes += values[cpu].bytes;
        }
        if (sum.packets != 0 || sum.bytes != 0)
            out[indices[i]] = sum;
    }
    return out;
}

RunResult BpfRun::run(const Bytes &packet, const RunContext &context) const {
    const auto drops = counts("coax_drops");
    const auto counters = counts("coax_counters");

    Bytes output(kOutputBytes);
    bpf_test_run_opts options{};
    options.sz = sizeof(options);
    options.data_in = packet.data();
    options.data_size_in = static_cast<std::uint32_t>(packet.size());
    options.data_out = output.data();
    options.data_size_out = kOutputBytes;
    __sk_buff skb{};
    xdp_md xdp{};
    if (bpf_program__type(program_) == BPF_PROG_TYPE_XDP) {
        xdp.data_end = options.data_size_in;
        xdp.ingress_ifindex = context.ifindex;
        options.ctx_in = &xdp;
        options.ctx_size_in = sizeof(xdp);
    } else {
        skb.ifindex = context.ifindex;
        skb.mark = context.mark;
        skb.gso_size = context.gso_size;
        skb.gso_segs = context.gso_segs;
        options.ctx_in = options.ctx_out = &skb;
        options.ctx_size_in = options.ctx_size_out = sizeof(skb);
    }

    RunResult result;
    if (bpf_prog_test_run_opts(program_fd(), &options) != 0)
        result.error = errno;
    output.resize(result.error == 0 ? options.data_size_out : 0);
    result.verdict = options.retval;
    result.packet = std::move(output);
    result.mark = skb.mark;
    result.gso_segs = skb.gso_segs;
    result.drops = moved(drops, counts("coax_drops"));
    result.counters = moved(counters, counts("coax_counters"));
    return result;
}

bool kernel_decapsulates_l3() {
    utsname name{};
    int major = 0;
    int minor = 0;
    if (uname(&name) != 0 ||
        std::sscanf(name.release, "%d.%d", &major, &minor) != 2) { // NOLINT: two small numbers
        std::fprintf(stderr, "uname: expected a release like 6.12.3, found '%s'\n", name.release);
        std::abort();
    }
    return major > 6 || (major == 6 && minor >= 3);
}

const char *hook_name(std::uint32_t hook) {
    static constexpr std::array<const char *, COAX_HOOKS_COUNT> kHooks = {
#define COAX_TEXT(name, label) label,
        COAX_HOOKS(COAX_TEXT)
#undef COAX_TEXT
    };
    return hook < kHooks.size() ? kHooks[hook] : "?";
}

const char *reason_name(std::uint32_t reason) {
    static constexpr std::array<const char *, COAX_DROP_REASONS_COUNT> kReasons = {
#define COAX_TEXT(name, label, text) label,
        COAX_DROP_REASONS(COAX_TEXT)
#undef COAX_TEXT
    };
    return reason < kReasons.size() ? kReasons[reason] : "?";
}

DropPlace drop_place(std::uint32_t index) {
    for (std::uint32_t hook = 0; hook < COAX_HOOKS_COUNT; ++hook) {
        for (std::uint32_t reason = 0; reason < COAX_DROP_REASONS_COUNT; ++reason) {
            if (coax_drop_index(hook, reason) == index)
                return {hook, reason};
        }
    }
    return {};
}

std::string drops_text(const std::map<std::uint32_t, coax_count> &drops) {
    std::string out;
    for (const auto &[index, count] : drops) {
        const DropPlace place = drop_place(index);
        out += std::string(hook_name(place.hook)) + "/" + reason_name(place.reason) + " " +
               std::to_string(count.packets) + "\n";
    }
    return out;
}

std::string counters_text(const std::map<std::uint32_t, coax_count> &counters) {
    static constexpr std::array<const char *, COAX_COUNTERS_COUNT> kCounters = {
#define COAX_TEXT(name, label, text) label,
        COAX_COUNTERS(COAX_TEXT)
#undef COAX_TEXT
    };
    std::string out;
    for (const auto &[index, count] : counters)
        out += std::string(index < COAX_COUNTERS_COUNT ? kCounters[index] : "?") + " " +
               std::to_string(count.packets) + "\n";
    return out;
}

} // namespace coax::test
