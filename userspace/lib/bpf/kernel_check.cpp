// SPDX-License-Identifier: Apache-2.0
#include "lib/bpf/kernel_check.h"

#include <array>
#include <charconv>
#include <filesystem>
#include <string_view>

#include <sys/utsname.h>

#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lib/base/file.h"

namespace coax {
namespace {

constexpr int kFloorMajor = 6;
constexpr int kFloorMinor = 1;

struct Capability {
    std::string_view name;
    unsigned bit; // linux/capability.h
};
constexpr std::array kCapabilities{
    Capability{"CAP_NET_ADMIN", 12},
    Capability{"CAP_SYS_ADMIN", 21},
    Capability{"CAP_BPF", 39},
};

struct MapType {
    std::string_view name;
    bpf_map_type type;
};
constexpr std::array kMapTypes{
    MapType{"BPF map type hash", BPF_MAP_TYPE_HASH},
    MapType{"BPF map type array", BPF_MAP_TYPE_ARRAY},
    MapType{"BPF map type percpu_hash", BPF_MAP_TYPE_PERCPU_HASH},
    MapType{"BPF map type percpu_array", BPF_MAP_TYPE_PERCPU_ARRAY},
    MapType{"BPF map type lpm_trie", BPF_MAP_TYPE_LPM_TRIE},
};

struct ProgramType {
    std::string_view name;
    bpf_prog_type type;
};
constexpr std::array kProgramTypes{
    ProgramType{"BPF program type sched_cls (CONFIG_NET_CLS_BPF)", BPF_PROG_TYPE_SCHED_CLS},
    ProgramType{"BPF program type xdp", BPF_PROG_TYPE_XDP},
};

struct Helper {
    std::string_view name;
    bpf_prog_type type;
    bpf_func_id id;
};
constexpr std::array kHelpers{
    Helper{"bpf_redirect", BPF_PROG_TYPE_SCHED_CLS, BPF_FUNC_redirect},
    Helper{"bpf_redirect_peer", BPF_PROG_TYPE_SCHED_CLS, BPF_FUNC_redirect_peer},
    Helper{"bpf_clone_redirect", BPF_PROG_TYPE_SCHED_CLS, BPF_FUNC_clone_redirect},
    Helper{"bpf_skb_adjust_room", BPF_PROG_TYPE_SCHED_CLS, BPF_FUNC_skb_adjust_room},
    Helper{"bpf_skb_change_head", BPF_PROG_TYPE_SCHED_CLS, BPF_FUNC_skb_change_head},
    Helper{"bpf_skb_change_tail", BPF_PROG_TYPE_SCHED_CLS, BPF_FUNC_skb_change_tail},
    Helper{"bpf_skb_pull_data", BPF_PROG_TYPE_SCHED_CLS, BPF_FUNC_skb_pull_data},
    Helper{"bpf_loop", BPF_PROG_TYPE_SCHED_CLS, BPF_FUNC_loop},
    Helper{"bpf_ktime_get_coarse_ns", BPF_PROG_TYPE_SCHED_CLS, BPF_FUNC_ktime_get_coarse_ns},
    Helper{"bpf_xdp_load_bytes", BPF_PROG_TYPE_XDP, BPF_FUNC_xdp_load_bytes},
};

bool has(std::uint64_t capabilities, const Capability &capability) {
    return ((capabilities >> capability.bit) & 1U) != 0;
}

Result<std::uint64_t> read_effective_capabilities() {
    COAX_ASSIGN_OR_RETURN(const std::string status, read_file("/proc/self/status", 65536));
    constexpr std::string_view kKey = "CapEff:\t";
    const auto at = status.find(kKey);
    std::uint64_t value = 0;
    if (at != std::string::npos) {
        const char *first = status.data() + at + kKey.size();
        if (std::from_chars(first, status.data() + status.size(), value, 16).ec == std::errc())
            return value;
    }
    return Error(ErrorCode::kSystem, "/proc/self/status: expected a line CapEff with a hexadecimal "
                                     "number, found none; is /proc mounted?");
}

bool older_than_floor(const std::string &release) {
    int major = 0;
    int minor = 0;
    const char *last = release.data() + release.size();
    const auto dot = std::from_chars(release.data(), last, major);
    if (dot.ec != std::errc() || dot.ptr == last)
        return true;
    std::from_chars(dot.ptr + 1, last, minor);
    return major < kFloorMajor || (major == kFloorMajor && minor < kFloorMinor);
}

std::vector<std::string> probe_features() {
    std::vector<std::string> absent;
    for (const auto &map : kMapTypes) {
        if (libbpf_probe_bpf_map_type(map.type, nullptr) != 1)
            absent.emplace_back(map.name);
    }
    for (const auto &program : kProgramTypes) {
        if (libbpf_probe_bpf_prog_type(program.type, nullptr) != 1)
            absent.emplace_back(program.name);
    }
    for (const auto &helper : kHelpers) {
        if (libbpf_probe_bpf_helper(helper.type, helper.id, nullptr) != 1)
            absent.push_back(fmt::format("helper {}", helper.name));
    }
    return absent;
}

} // namespace

Result<KernelFacts> probe_kernel() {
    KernelFacts facts;
    utsname names{};
    if (::uname(&names) == 0)
        facts.release = names.release;
    COAX_ASSIGN_OR_RETURN(facts.effective_capabilities, read_effective_capabilities());
    facts.kernel_btf = std::filesystem::exists("/sys/kernel/btf/vmlinux");
    for (const auto &capability : kCapabilities) {
        if (!has(facts.effective_capabilities, capability))
            return facts;
    }
    facts.absent = probe_features();
    return facts;
}

Status judge_kernel(const KernelFacts &facts) {
    std::vector<std::string> missing;
    if (older_than_floor(facts.release))
        missing.push_back(fmt::format("Linux {}.{} or newer (this is {})", kFloorMajor, kFloorMinor,
                                      facts.release));
    if (!facts.kernel_btf)
        missing.emplace_back("kernel BTF, /sys/kernel/btf/vmlinux (CONFIG_DEBUG_INFO_BTF)");
    missing.insert(missing.end(), facts.absent.begin(), facts.absent.end());
    const bool kernel_is_fine = missing.empty();
    for (const auto &capability : kCapabilities) {
        if (!has(facts.effective_capabilities, capability))
            missing.push_back(fmt::format("capability {}", capability.name));
    }
    if (missing.empty())
        return {};
    return Error(kernel_is_fine ? ErrorCode::kPermission : ErrorCode::kUnsupported,
                 fmt::format("the data path needs what is missing here: {}; {}",
                             fmt::join(missing, ", "),
                             kernel_is_fine ? "run coaxd as root or grant the capabilities"
                                            : "use a kernel that has it"));
}

} // namespace coax
