// SPDX-License-Identifier: Apache-2.0
#include "lib/bpf/pinned_map.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include "lib/bpf/map_sizes.h"

namespace coax {
namespace {

// Most maps hold little: a batch grows to what is there.
constexpr std::uint32_t kFirstBatchEntries = 64;
constexpr std::uint32_t kBatchEntries = 4096;
// A batch costs one of these per entry that the map can hold, a lookup this many.
constexpr std::size_t kLookupCost = 64;
// Maps without preallocation take entries from a reserve that the kernel refills in the background
// (kernel/bpf/memalloc.c, per-CPU ones by pcpu_balance_work of mm/percpu.c): ENOMEM may pass soon.
constexpr std::chrono::milliseconds kRefillPause{1};
constexpr int kRefillPauses = 1000;
constexpr int kKernelNotSupported = 524; // ENOTSUPP, which <errno.h> does not have

std::size_t possible_cpus() {
    const int cpus = libbpf_num_possible_cpus();
    return cpus > 0 ? static_cast<std::size_t>(cpus) : 1;
}

bool is_per_cpu(std::uint32_t type) {
    return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

std::uint64_t flags_of(WriteMode mode) {
    switch (mode) {
    case WriteMode::kOnlyNew:
        return BPF_NOEXIST;
    case WriteMode::kOnlyExisting:
        return BPF_EXIST;
    case WriteMode::kAny:
        break;
    }
    return BPF_ANY;
}

/// 0 or an errno.
int update(int fd, const void *key, const void *value, std::uint64_t flags) {
    for (int pauses = 0;; ++pauses) {
        if (bpf_map_update_elem(fd, key, value, flags) == 0)
            return 0;
        if (errno != ENOMEM || pauses == kRefillPauses)
            return errno;
        std::this_thread::sleep_for(kRefillPause);
    }
}

bool is_full(int error_number) {
    return error_number == E2BIG || error_number == ENOSPC;
}

std::string remedy_when_full(std::string_view map) {
    if (const auto size = configured_size(map, {}))
        return fmt::format("raise {}, then `coax down` and start again", size->option);
    return "this size is fixed (bpf/lib/maps.bpf.h): configure less, or split the configuration "
           "over more nodes";
}

} // namespace

Result<PinnedMap> PinnedMap::open(const std::filesystem::path &pin, std::size_t key_bytes,
                                  std::size_t value_bytes) {
    PinnedMap map;
    map.fd_ = UniqueFd(bpf_obj_get(pin.c_str()));
    if (!map.fd_.valid())
        return Error::from_errno(fmt::format("open pinned map {}", pin.string()), errno);
    bpf_map_info info{};
    std::uint32_t length = sizeof(info);
    if (bpf_obj_get_info_by_fd(map.fd_.get(), &info, &length) != 0)
        return Error::from_errno(fmt::format("inspect pinned map {}", pin.string()), errno);
    if (info.key_size != key_bytes || info.value_size != value_bytes)
        return Error(
            ErrorCode::kVersion,
            fmt::format("pinned map {}: expected keys of {} and values of {} bytes, found {} "
                        "and {}; it was made by another version of Coax",
                        pin.string(), key_bytes, value_bytes, info.key_size, info.value_size));
    map.name_ = pin.filename().string();
    map.id_ = info.id;
    map.max_entries_ = info.max_entries;
    map.key_bytes_ = key_bytes;
    map.value_bytes_ = value_bytes;
    map.per_cpu_ = is_per_cpu(info.type);
    return map;
}

Error PinnedMap::failed(std::string_view doing, int error_number) const {
    return Error::from_errno(fmt::format("{} map {}", doing, name_), error_number);
}

Status PinnedMap::set(Bytes key, Bytes value, WriteMode mode) const {
    const int error_number = update(fd_.get(), key.data(), value.data(), flags_of(mode));
    if (error_number == 0)
        return {};
    if (mode == WriteMode::kOnlyNew && error_number == EEXIST)
        return {};
    if (mode == WriteMode::kOnlyExisting && error_number == ENOENT)
        return {};
    if (is_full(error_number))
        return Error(ErrorCode::kUnavailable,
                     fmt::format("map {} is full: it holds {} entries; {}", name_, max_entries_,
                                 remedy_when_full(name_)));
    return failed("write", error_number);
}

Status PinnedMap::remove(Bytes key) const {
    if (bpf_map_delete_elem(fd_.get(), key.data()) != 0 && errno != ENOENT)
        return failed("delete from", errno);
    return {};
}

Result<bool> PinnedMap::lookup(Bytes key, std::span<std::byte> value) const {
    if (value.size() < value_span_bytes())
        return failed("read (buffer too small)", EINVAL);
    if (bpf_map_lookup_elem(fd_.get(), key.data(), value.data()) == 0)
        return true;
    if (errno == ENOENT)
        return false;
    return failed("read", errno);
}

Status PinnedMap::create_zeroed(Bytes key) const {
    const std::vector<std::byte> zeros(value_span_bytes());
    return set(key, zeros, WriteMode::kOnlyNew);
}

std::size_t PinnedMap::value_span_bytes() const {
    return per_cpu_ ? (value_bytes_ + 7) / 8 * 8 * possible_cpus() : value_bytes_;
}

Status PinnedMap::visit(const Visitor &visitor) const {
    bool unsupported = false;
    COAX_TRY(visit_batches(visitor, unsupported));
    return unsupported ? visit_one_by_one(visitor) : Status();
}

Status PinnedMap::visit_some(std::span<const std::uint32_t> keys, const Visitor &visitor) const {
    if (keys.size() > max_entries_ / kLookupCost)
        return visit(visitor);
    std::vector<std::byte> value(value_span_bytes());
    for (const std::uint32_t &key : keys) {
        const Bytes bytes = std::as_bytes(std::span(&key, 1));
        COAX_ASSIGN_OR_RETURN(const bool present, lookup(bytes, value));
        if (present)
            visitor(bytes.data(), value.data());
    }
    return {};
}

Status PinnedMap::visit_batches(const Visitor &visitor, bool &unsupported) const {
    const std::size_t value_stride = value_span_bytes();
    std::vector<std::byte> keys;
    std::vector<std::byte> values;
    std::uint32_t capacity = 0;
    const auto grow_to = [&](std::uint32_t entries) {
        capacity = entries;
        keys.resize(capacity * key_bytes_);
        values.resize(capacity * value_stride);
    };
    grow_to(std::min(kFirstBatchEntries, std::max(max_entries_, 1U)));
    // The kernel's position: a bucket number or a key.
    std::vector<std::byte> position(std::max(key_bytes_, sizeof(std::uint64_t)));
    bool first = true;
    for (;;) {
        std::uint32_t count = capacity;
        const int rc =
            bpf_map_lookup_batch(fd_.get(), first ? nullptr : position.data(), position.data(),
                                 keys.data(), values.data(), &count, nullptr);
        const int error_number = rc == 0 ? 0 : errno;
        if (error_number == ENOSPC) { // a hash bucket longer than the batch
            grow_to(capacity * 2);
            continue;
        }
        unsupported = first && (error_number == EINVAL || error_number == EOPNOTSUPP ||
                                error_number == kKernelNotSupported);
        if (unsupported)
            return {};
        if (error_number != 0 && error_number != ENOENT)
            return failed("read", error_number);
        for (std::uint32_t i = 0; i < count; ++i)
            visitor(keys.data() + i * key_bytes_, values.data() + i * value_stride);
        if (error_number == ENOENT)
            return {};
        first = false;
        grow_to(std::max(capacity, std::min(capacity * 4, kBatchEntries)));
    }
}

Status PinnedMap::visit_one_by_one(const Visitor &visitor) const {
    std::vector<std::byte> key(key_bytes_);
    std::vector<std::byte> value(value_span_bytes());
    const void *previous = nullptr;
    // Bounded: where entries come and go, next-key may start over.
    for (std::uint64_t i = 0; i < 2ULL * max_entries_; ++i) {
        if (bpf_map_get_next_key(fd_.get(), previous, key.data()) != 0)
            return errno == ENOENT ? Status() : failed("read", errno);
        previous = key.data();
        COAX_ASSIGN_OR_RETURN(const bool present, lookup(key, value));
        if (present)
            visitor(key.data(), value.data());
    }
    return {};
}

} // namespace coax
