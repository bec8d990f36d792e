// SPDX-License-Identifier: Apache-2.0
#include "lib/bpf/ownership.h"

#include <algorithm>
#include <cerrno>
#include <string_view>

#include <bpf/bpf.h>
#include <fmt/format.h>

#include "lib/base/unique_fd.h"
#include "lib/bpf/pins.h"

namespace coax {
namespace {

bool uses_any(const ProgramInfo &program, const std::set<std::uint32_t> &maps) {
    return std::any_of(program.map_ids.begin(), program.map_ids.end(),
                       [&](std::uint32_t id) { return maps.contains(id); });
}

bool is_coax_map(std::uint32_t id) {
    const UniqueFd fd(bpf_map_get_fd_by_id(id));
    bpf_map_info info{};
    std::uint32_t length = sizeof(info);
    return fd.valid() && bpf_obj_get_info_by_fd(fd.get(), &info, &length) == 0 &&
           std::string_view(info.name).starts_with("coax_");
}

} // namespace

Result<ProgramInfo> program_info(int fd) {
    // Twice: first how many maps, then which.
    bpf_prog_info info{};
    std::uint32_t length = sizeof(info);
    if (bpf_obj_get_info_by_fd(fd, &info, &length) != 0)
        return Error::from_errno("inspect a BPF program", errno);
    ProgramInfo program;
    program.map_ids.resize(info.nr_map_ids);
    info = {};
    info.nr_map_ids = static_cast<std::uint32_t>(program.map_ids.size());
    info.map_ids = reinterpret_cast<std::uintptr_t>(program.map_ids.data());
    length = sizeof(info);
    if (bpf_obj_get_info_by_fd(fd, &info, &length) != 0)
        return Error::from_errno("inspect a BPF program", errno);
    program.id = info.id;
    program.name = info.name;
    std::copy(std::begin(info.tag), std::end(info.tag), program.tag.begin());
    return program;
}

Result<std::optional<ProgramInfo>> program_info_by_id(std::uint32_t id) {
    const UniqueFd fd(bpf_prog_get_fd_by_id(id));
    if (!fd.valid() && errno == ENOENT)
        return std::optional<ProgramInfo>();
    if (!fd.valid())
        return Error::from_errno(fmt::format("open BPF program {}", id), errno);
    COAX_ASSIGN_OR_RETURN(auto program, program_info(fd.get()));
    return std::optional(std::move(program));
}

Ownership Ownership::of_instance(const std::string &instance) {
    const auto paths = PinPaths::of(instance);
    return {instance, paths.ok() ? pinned_map_ids(paths->directory) : std::set<std::uint32_t>()};
}

bool Ownership::is_ours(const ProgramInfo &program) const {
    return uses_any(program, own_maps_);
}

std::optional<std::string> Ownership::other_owner(const ProgramInfo &program) const {
    for (const auto &name : pinned_instances()) {
        const auto paths = PinPaths::of(name);
        if (name != instance_ && paths.ok() && uses_any(program, pinned_map_ids(paths->directory)))
            return name;
    }
    return std::nullopt;
}

Ownership::Verdict Ownership::judge(const ProgramInfo &program) const {
    const std::string text = fmt::format("program {} ({})", program.id, program.name);
    if (is_ours(program))
        return {Owner::kOurs, text};
    if (const auto other = other_owner(program))
        return {Owner::kOtherInstance, fmt::format("{} of Coax instance {}", text, *other)};
    if (std::any_of(program.map_ids.begin(), program.map_ids.end(), is_coax_map))
        return {Owner::kOrphan, text};
    return {Owner::kForeign, text};
}

} // namespace coax
