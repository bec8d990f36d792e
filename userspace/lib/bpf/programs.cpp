// SPDX-License-Identifier: Apache-2.0
#include "lib/bpf/programs.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <fmt/format.h>

#include "lib/bpf/map_sizes.h"

namespace coax {
namespace {

constexpr std::size_t kVerifierLogBytes = 64 * 1024;
constexpr std::size_t kVerifierTailBytes = 600; // the verdict is at the end

/// The last lines of the verifier's log.
std::string tail_of(const std::vector<char> &log) {
    std::string text(log.begin(), std::find(log.begin(), log.end(), '\0'));
    if (text.size() <= kVerifierTailBytes)
        return text;
    text.erase(0, text.size() - kVerifierTailBytes);
    text.erase(0, std::min(text.find('\n'), text.size() - 1) + 1);
    return text;
}

/// Arrays that grow with the lists of coax/abi; only programs write them, the agent only reads.
bool holds_counts(std::string_view map) {
    return map == "coax_drops" || map == "coax_counters";
}

Result<LoadedProgram> describe(UniqueFd fd) {
    COAX_ASSIGN_OR_RETURN(auto info, program_info(fd.get()));
    return LoadedProgram{std::move(fd), std::move(info)};
}

} // namespace

void ProgramLoader::note(std::string text) {
    if (std::find(notes_.begin(), notes_.end(), text) == notes_.end())
        notes_.push_back(std::move(text));
}

Status ProgramLoader::fit_map(bpf_map *map) {
    const std::string name = bpf_map__name(map);
    if (const auto size = configured_size(name, sizes_))
        bpf_map__set_max_entries(map, size->entries);
    const auto pin = paths_.directory / name;
    const UniqueFd fd(bpf_obj_get(pin.c_str()));
    if (!fd.valid())
        return {};
    bpf_map_info info{};
    std::uint32_t length = sizeof(info);
    if (bpf_obj_get_info_by_fd(fd.get(), &info, &length) != 0)
        return Error::from_errno(fmt::format("inspect pinned map {}", pin.string()), errno);
    if (info.type != bpf_map__type(map) || info.key_size != bpf_map__key_size(map) ||
        info.value_size != bpf_map__value_size(map) || info.map_flags != bpf_map__map_flags(map))
        return Error(
            ErrorCode::kVersion,
            fmt::format("pinned map {}: its layout (type {}, key {}, value {} bytes) is not "
                        "the one expected (type {}, key {}, value {} bytes): it was made by "
                        "another build of Coax; its traffic is left running; `coax down` "
                        "removes it",
                        pin.string(), info.type, info.key_size, info.value_size,
                        static_cast<unsigned>(bpf_map__type(map)), bpf_map__key_size(map),
                        bpf_map__value_size(map)));
    if (info.max_entries == bpf_map__max_entries(map))
        return {};
    if (info.max_entries < bpf_map__max_entries(map) && holds_counts(name))
        return set_aside(map);
    note(fmt::format("{} holds {} entries but {} are configured: the running one is kept; `coax "
                     "down` and a new start resize it",
                     name, info.max_entries, bpf_map__max_entries(map)));
    bpf_map__set_max_entries(map, info.max_entries);
    return {};
}

// Programs of the older agent count on in it until each is replaced: all have other instructions.
Status ProgramLoader::set_aside(bpf_map *map) {
    const auto pin = paths_.directory / bpf_map__name(map);
    COAX_ASSIGN_OR_RETURN(auto outgrown,
                          PinnedMap::open(pin, bpf_map__key_size(map), bpf_map__value_size(map)));
    if (::unlink(pin.c_str()) != 0)
        return Error::from_errno(fmt::format("unpin {}", pin.string()), errno);
    outgrown_.push_back(std::move(outgrown));
    return {};
}

Status ProgramLoader::carry_counts() {
    for (const PinnedMap &outgrown : outgrown_) {
        COAX_ASSIGN_OR_RETURN(const auto larger,
                              PinnedMap::open(paths_.directory / outgrown.name(),
                                              outgrown.key_bytes(), outgrown.value_bytes()));
        Status carried;
        COAX_TRY(outgrown.visit([&](const std::byte *key, const std::byte *value) {
            if (carried.ok())
                carried =
                    larger.set({key, outgrown.key_bytes()}, {value, outgrown.value_span_bytes()});
        }));
        if (!carried.ok())
            return carried;
    }
    outgrown_.clear();
    return {};
}

Result<BpfObjectPtr> ProgramLoader::open(ProgramId id) {
    const EmbeddedObject embedded = embedded_object(id);
    const std::string name(embedded.name);
    const std::string pin_root = paths_.directory.string();
    verifier_log_.assign(kVerifierLogBytes, '\0');
    LIBBPF_OPTS(bpf_object_open_opts, options);
    options.object_name = name.c_str();
    options.pin_root_path = pin_root.c_str();
    options.kernel_log_buf = verifier_log_.data();
    options.kernel_log_size = verifier_log_.size();
    BpfObjectPtr object(bpf_object__open_mem(embedded.elf.data(), embedded.elf.size(), &options));
    if (!object)
        return Error::from_errno(fmt::format("open BPF object {}", name), errno);
    bpf_map *map = nullptr;
    bpf_object__for_each_map(map, object.get()) {
        if (bpf_map__pin_path(map) != nullptr)
            COAX_TRY(fit_map(map));
    }
    return object;
}

Result<LoadedProgram> ProgramLoader::load(ProgramId id, const Ownership *previous) {
    COAX_ASSIGN_OR_RETURN(const BpfObjectPtr object, open(id));
    const std::string name(embedded_object(id).name);
    if (const int rc = bpf_object__load(object.get()); rc != 0)
        return Error::from_errno(
            fmt::format("load BPF program {} ({})", name, tail_of(verifier_log_)), -rc);
    const bpf_program *program = bpf_object__find_program_by_name(object.get(), name.c_str());
    if (program == nullptr)
        return Error(ErrorCode::kNotFound, fmt::format("BPF object {0} has no program {0}", name));
    COAX_ASSIGN_OR_RETURN(
        auto loaded, describe(UniqueFd(::fcntl(bpf_program__fd(program), F_DUPFD_CLOEXEC, 0))));

    const auto pin = paths_.programs / name;
    if (UniqueFd fd(bpf_obj_get(pin.c_str())); previous != nullptr && fd.valid()) {
        COAX_ASSIGN_OR_RETURN(auto pinned, describe(std::move(fd)));
        if (pinned.info.tag == loaded.info.tag && previous->is_ours(pinned.info))
            return pinned;
    }
    COAX_TRY(replace_pin(loaded.fd.get(), pin));
    return loaded;
}

} // namespace coax
