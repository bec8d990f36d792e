// SPDX-License-Identifier: Apache-2.0
// A network and mount namespace with a bpffs of its own, and what a test needs to play the
// other users of the same hooks. Needs root.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <bpf/libbpf.h>
#include <gtest/gtest.h>

#include "lib/base/unique_fd.h"
#include "lib/bpf/clsact.h"
#include "lib/bpf/datapath.h"

namespace coax::test {

/// Moves the process into namespaces of its own, once: libxdp remembers its bpffs for good. What is
/// left there goes away with the process.
void enter_sandbox();

/// A veth pair in the sandbox, up, deleted at the end.
class VethPair {
  public:
    explicit VethPair(const std::string &name, std::uint32_t mtu_bytes = 1500);
    VethPair(const VethPair &) = delete;
    VethPair &operator=(const VethPair &) = delete;
    ~VethPair();
    [[nodiscard]] IfIndex link() const { return index_; }

  private:
    IfIndex index_;
};

/// Runs a command, aborts the test when it fails. Slow in an emulated machine.
void run(const std::string &command);

/// A program of two instructions: returns `verdict`.
UniqueFd load_stranger(bpf_prog_type type, const char *name, int verdict);
/// A program that uses the map pinned at `map_pin`, as an older program of ours would.
UniqueFd load_using_map(bpf_prog_type type, const char *name, const std::filesystem::path &map_pin,
                        int verdict);

/// Adds a TC filter as anybody may; returns the error of libbpf, 0 for success.
int add_filter(IfIndex link, TcSide side, int program_fd, std::uint32_t priority,
               std::uint32_t handle);
/// Program id at a place; 0 when there is none.
std::uint32_t filter_at(IfIndex link, TcSide side, std::uint32_t priority, std::uint32_t handle);
std::uint32_t our_filter(IfIndex link, TcSide side);
std::size_t count_filters(IfIndex link, TcSide side);
/// "clsact", "ingress" or empty.
std::string qdisc_at(IfIndex link);
/// Somebody else's clsact.
void create_clsact(IfIndex link);

std::uint32_t xdp_program_id(IfIndex link);
std::string program_name(std::uint32_t id);
std::uint32_t program_id(int fd);

std::filesystem::path pin_dir(const std::string &instance);

/// Reads and writes one value of a pinned map (per-CPU maps: one slot per CPU, enough of them).
void poke_raw(const std::filesystem::path &pin, const void *key, const void *value);
void peek_raw(const std::filesystem::path &pin, const void *key, void *value);
void poke_many(const std::filesystem::path &pin, const void *keys, const void *values,
               std::size_t count);
template <typename Key, typename Value>
void poke(const std::filesystem::path &pin, const Key &key, const Value &value) {
    poke_raw(pin, &key, &value);
}
template <typename Value, typename Key>
Value peek(const std::filesystem::path &pin, const Key &key) {
    Value value{};
    peek_raw(pin, &key, &value);
    return value;
}
/// Puts a new hash map of the given sizes in the place of a pinned one.
void replace_map_pin(const std::filesystem::path &pin, std::uint32_t key_bytes,
                     std::uint32_t value_bytes, std::uint32_t entries);

/// The same with an array of counts per CPU, `of_each_cpu` in every entry.
void replace_counts_pin(const std::filesystem::path &pin, std::uint32_t entries,
                        const coax_count &of_each_cpu);

/// One instance of its own per test; everything of it is removed at the end.
class DatapathTest : public testing::Test {
  protected:
    static void SetUpTestSuite() { enter_sandbox(); }
    DatapathTest();
    ~DatapathTest() override;

    /// Fails the test when it cannot be opened.
    std::unique_ptr<Datapath> open(const std::string &instance);
    std::unique_ptr<Datapath> open() { return open(instance_); }
    Result<std::unique_ptr<Datapath>> try_open(bool accept_other_abi = false);

    std::string instance_;
    std::string other_instance_;
    std::uint32_t fdb_entries_ = 1024;
    std::uint32_t member_entries_ = 8192;

  private:
    [[nodiscard]] DatapathOptions options_of(const std::string &instance) const;
};

} // namespace coax::test
