// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/bpf/apply_order.h"
#include "lib/bpf/datapath.h"

namespace coax {

enum class WriteMode {
    kAny,
    kOnlyNew,      // an existing entry is kept: success
    kOnlyExisting, // a missing entry stays missing: success
};

/// One pinned map, opened by path. Blocking, not thread-safe. Errors name the map.
class PinnedMap {
  public:
    /// kVersion when key or value have another size than the caller's types.
    static Result<PinnedMap> open(const std::filesystem::path &pin, std::size_t key_bytes,
                                  std::size_t value_bytes);

    [[nodiscard]] const std::string &name() const { return name_; }
    [[nodiscard]] std::uint32_t id() const { return id_; }
    [[nodiscard]] std::uint32_t max_entries() const { return max_entries_; }
    [[nodiscard]] std::size_t key_bytes() const { return key_bytes_; }
    [[nodiscard]] std::size_t value_bytes() const { return value_bytes_; } // of one CPU

    Status set(Bytes key, Bytes value, WriteMode mode = WriteMode::kAny) const;
    Status remove(Bytes key) const; // absent is success
    /// False when there is no such entry. Per-CPU maps: `value` holds one slot per possible CPU.
    Result<bool> lookup(Bytes key, std::span<std::byte> value) const;

    /// Creates a per-CPU entry of zeros unless there is one.
    Status create_zeroed(Bytes key) const;

    /// Calls `visit` with every entry, read in batches: a million entries cost milliseconds and one
    /// batch of memory. Entries that change meanwhile may be seen or not.
    using Visitor = std::function<void(const std::byte *key, const std::byte *value)>;
    Status visit(const Visitor &visitor) const;
    /// The entries of `keys` that there are, perhaps others too: few keys are looked up one by one,
    /// as a batch costs what the map can hold, not what it holds.
    Status visit_some(std::span<const std::uint32_t> keys, const Visitor &visitor) const;

    /// Bytes of one value as user space sees it: all CPUs of a per-CPU map.
    [[nodiscard]] std::size_t value_span_bytes() const;

  private:
    PinnedMap() = default;
    [[nodiscard]] Status visit_batches(const Visitor &visitor, bool &unsupported) const;
    [[nodiscard]] Status visit_one_by_one(const Visitor &visitor) const;
    [[nodiscard]] Error failed(std::string_view doing, int error_number) const;

    UniqueFd fd_;
    std::string name_;
    std::uint32_t id_ = 0;
    std::uint32_t max_entries_ = 0;
    std::size_t key_bytes_ = 0;
    std::size_t value_bytes_ = 0;
    bool per_cpu_ = false;
};

/// A visitor that puts what it sees into `table`, which must outlive it.
template <typename Key, typename Value>
PinnedMap::Visitor into(Table<Key, Value> &table) {
    return [&table](const std::byte *key_bytes, const std::byte *value_bytes) {
        Key key{};
        Value value{};
        std::memcpy(&key, key_bytes, sizeof(Key));
        std::memcpy(&value, value_bytes, sizeof(Value));
        table.insert_or_assign(key, value);
    };
}

/// The whole map, typed.
template <typename Key, typename Value>
Result<Table<Key, Value>> read_table(const PinnedMap &map) {
    Table<Key, Value> table;
    COAX_TRY(map.visit(into(table)));
    return table;
}

/// Calls `add` with the value of each CPU.
template <typename Value>
void for_each_cpu(std::span<const std::byte> slots, const std::function<void(const Value &)> &add) {
    constexpr std::size_t kSlotBytes = (sizeof(Value) + 7) / 8 * 8; // the kernel rounds up
    for (std::size_t at = 0; at + sizeof(Value) <= slots.size(); at += kSlotBytes) {
        Value value{};
        std::memcpy(&value, slots.data() + at, sizeof(Value));
        add(value);
    }
}

} // namespace coax
