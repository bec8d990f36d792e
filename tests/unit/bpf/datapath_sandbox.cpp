// SPDX-License-Identifier: Apache-2.0
#include "unit/bpf/datapath_sandbox.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <linux/bpf.h>
#include <net/if.h>
#include <sched.h>
#include <sys/mount.h>

#include <bpf/bpf.h>

#include "lib/net/links.h"

namespace coax::test {
namespace {

[[noreturn]] void give_up(const std::string &what) {
    std::perror(what.c_str());
    std::abort();
}

template <typename T>
T must(Result<T> result) {
    if (!result.ok())
        give_up(result.error().message());
    return *std::move(result);
}
void must(const Status &status) {
    if (!status.ok())
        give_up(status.error().message());
}

constexpr bpf_insn make(std::uint8_t code, std::uint8_t dst, std::uint8_t src, std::int32_t imm) {
    return {.code = code, .dst_reg = dst, .src_reg = src, .off = 0, .imm = imm};
}

UniqueFd load(bpf_prog_type type, const char *name, const std::vector<bpf_insn> &code) {
    UniqueFd fd(bpf_prog_load(type, name, "GPL", code.data(), code.size(), nullptr));
    if (!fd.valid())
        give_up(std::string("load ") + name);
    return fd;
}

bpf_tc_hook hook_of(IfIndex link, TcSide side) {
    LIBBPF_OPTS(bpf_tc_hook, hook);
    hook.ifindex = static_cast<int>(link.value());
    hook.attach_point = side == TcSide::kIngress ? BPF_TC_INGRESS : BPF_TC_EGRESS;
    return hook;
}

} // namespace

void enter_sandbox() {
    static const bool entered = [] {
        if (::unshare(CLONE_NEWNET | CLONE_NEWNS) != 0)
            give_up("unshare (the datapath tests need root)");
        if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
            give_up("make mounts private");
        // The first open must mount a bpffs itself.
        while (::umount2("/sys/fs/bpf", MNT_DETACH) == 0) {
        }
        return true;
    }();
    static_cast<void>(entered);
}

void run(const std::string &command) {
    if (std::system(command.c_str()) != 0)
        give_up(command);
}

VethPair::VethPair(const std::string &name, std::uint32_t mtu_bytes) {
    const auto links = must(open_links());
    VethSpec spec;
    spec.name = name;
    spec.peer_name = name + "p";
    spec.mac = MacAddress{{0x02, 0x00, 0x5e, 0x00, 0x53, 0x01}};
    spec.mtu = mtu_bytes;
    const Link near = must(links->create_veth(spec));
    index_ = near.index;
    must(links->set_up(index_, true));
    must(links->set_up(near.peer, true));
}

VethPair::~VethPair() {
    must(must(open_links())->remove(index_));
}

UniqueFd load_stranger(bpf_prog_type type, const char *name, int verdict) {
    return load(type, name,
                {make(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, verdict),
                 make(BPF_JMP | BPF_EXIT, 0, 0, 0)});
}

UniqueFd load_using_map(bpf_prog_type type, const char *name, const std::filesystem::path &map_pin,
                        int verdict) {
    const UniqueFd map(bpf_obj_get(map_pin.c_str()));
    if (!map.valid())
        give_up(map_pin.string());
    return load(type, name,
                {make(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, map.get()),
                 make(0, 0, 0, 0), make(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, verdict),
                 make(BPF_JMP | BPF_EXIT, 0, 0, 0)});
}

int add_filter(IfIndex link, TcSide side, int program_fd, std::uint32_t priority,
               std::uint32_t handle) {
    bpf_tc_hook hook = hook_of(link, side);
    bpf_tc_hook_create(&hook); // may exist
    LIBBPF_OPTS(bpf_tc_opts, place);
    place.priority = priority;
    place.handle = handle;
    place.prog_fd = program_fd;
    return bpf_tc_attach(&hook, &place);
}

std::uint32_t filter_at(IfIndex link, TcSide side, std::uint32_t priority, std::uint32_t handle) {
    const bpf_tc_hook hook = hook_of(link, side);
    LIBBPF_OPTS(bpf_tc_opts, place);
    place.priority = priority;
    place.handle = handle;
    return bpf_tc_query(&hook, &place) == 0 ? place.prog_id : 0;
}

std::uint32_t our_filter(IfIndex link, TcSide side) {
    return filter_at(link, side, kTcPriority, kTcHandle);
}

std::size_t count_filters(IfIndex link, TcSide side) {
    const auto filters = list_filters(link, side);
    EXPECT_TRUE(filters.ok());
    return filters.ok() ? filters->size() : 0;
}

std::string qdisc_at(IfIndex link) {
    return must(ingress_qdisc_kind(link));
}

void create_clsact(IfIndex link) {
    bpf_tc_hook hook = hook_of(link, TcSide::kIngress);
    if (bpf_tc_hook_create(&hook) != 0)
        give_up("create a clsact qdisc");
}

std::uint32_t xdp_program_id(IfIndex link) {
    std::uint32_t id = 0;
    EXPECT_EQ(bpf_xdp_query_id(static_cast<int>(link.value()), 0, &id), 0);
    return id;
}

std::uint32_t program_id(int fd) {
    bpf_prog_info info{};
    std::uint32_t length = sizeof(info);
    return bpf_obj_get_info_by_fd(fd, &info, &length) == 0 ? info.id : 0;
}

std::string program_name(std::uint32_t id) {
    const UniqueFd fd(bpf_prog_get_fd_by_id(id));
    bpf_prog_info info{};
    std::uint32_t length = sizeof(info);
    if (!fd.valid() || bpf_obj_get_info_by_fd(fd.get(), &info, &length) != 0)
        return {};
    return info.name;
}

std::filesystem::path pin_dir(const std::string &instance) {
    return std::filesystem::path("/sys/fs/bpf/coax") / instance;
}

void poke_raw(const std::filesystem::path &pin, const void *key, const void *value) {
    const UniqueFd fd(bpf_obj_get(pin.c_str()));
    if (!fd.valid() || bpf_map_update_elem(fd.get(), key, value, BPF_ANY) != 0)
        give_up("write " + pin.string());
}

void poke_many(const std::filesystem::path &pin, const void *keys, const void *values,
               std::size_t count) {
    const UniqueFd fd(bpf_obj_get(pin.c_str()));
    auto written = static_cast<std::uint32_t>(count);
    if (!fd.valid() || bpf_map_update_batch(fd.get(), keys, values, &written, nullptr) != 0)
        give_up("write " + pin.string());
}

void peek_raw(const std::filesystem::path &pin, const void *key, void *value) {
    const UniqueFd fd(bpf_obj_get(pin.c_str()));
    if (!fd.valid() || bpf_map_lookup_elem(fd.get(), key, value) != 0)
        give_up("read " + pin.string());
}

void replace_map_pin(const std::filesystem::path &pin, std::uint32_t key_bytes,
                     std::uint32_t value_bytes, std::uint32_t entries) {
    LIBBPF_OPTS(bpf_map_create_opts, options);
    options.map_flags = BPF_F_NO_PREALLOC;
    const UniqueFd fd(bpf_map_create(BPF_MAP_TYPE_HASH, pin.filename().c_str(), key_bytes,
                                     value_bytes, entries, &options));
    std::filesystem::remove(pin);
    if (!fd.valid() || bpf_obj_pin(fd.get(), pin.c_str()) != 0)
        give_up("replace " + pin.string());
}

void replace_counts_pin(const std::filesystem::path &pin, std::uint32_t entries,
                        const coax_count &of_each_cpu) {
    const UniqueFd fd(bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, pin.filename().c_str(),
                                     sizeof(entries), sizeof(of_each_cpu), entries, nullptr));
    std::filesystem::remove(pin);
    if (!fd.valid() || bpf_obj_pin(fd.get(), pin.c_str()) != 0)
        give_up("replace " + pin.string());
    const std::vector<coax_count> slots(static_cast<std::size_t>(libbpf_num_possible_cpus()),
                                        of_each_cpu);
    for (std::uint32_t entry = 0; entry < entries; ++entry)
        poke_raw(pin, &entry, slots.data());
}

DatapathTest::DatapathTest() {
    static int counter = 0; // one process, one sandbox: names only have to differ in here
    instance_ = "t" + std::to_string(counter);
    other_instance_ = "o" + std::to_string(counter);
    ++counter;
}

DatapathTest::~DatapathTest() {
    EXPECT_TRUE(remove_datapath(instance_).ok());
    EXPECT_TRUE(remove_datapath(other_instance_).ok());
}

DatapathOptions DatapathTest::options_of(const std::string &instance) const {
    DatapathOptions options;
    options.instance = instance;
    options.sizes = {fdb_entries_, member_entries_, 1024};
    return options;
}

Result<std::unique_ptr<Datapath>> DatapathTest::try_open(bool accept_other_abi) {
    DatapathOptions options = options_of(instance_);
    options.accept_other_abi = accept_other_abi;
    return open_datapath(options);
}

std::unique_ptr<Datapath> DatapathTest::open(const std::string &instance) {
    auto opened = open_datapath(options_of(instance));
    if (!opened.ok())
        give_up(opened.error().message());
    return *std::move(opened);
}

} // namespace coax::test
