// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "lib/bpf/bpf_datapath.h"
#include "lib/bpf/bpffs.h"
#include "lib/bpf/kernel_check.h"
#include "lib/bpf/library_log.h"
#include "lib/bpf/netns_claim.h"

namespace coax {
namespace {

constexpr std::uint32_t kUnfinished = 0; // the version is written last

/// Leaves a data path of this version, or none. kVersion unless another one may be discarded.
Status settle_abi(const DatapathOptions &options, const PinPaths &paths) {
    COAX_ASSIGN_OR_RETURN(const auto found, pinned_abi_version(paths));
    if (!found || *found == COAX_ABI_VERSION)
        return {};
    if (*found == kUnfinished || options.accept_other_abi)
        return remove_datapath(options.instance);
    return Error(
        ErrorCode::kVersion,
        fmt::format("the data path pinned at {} has ABI version {}, this coaxd expects "
                    "version {}; its traffic is left running. Start the coaxd that fits, or "
                    "discard it: `coax down`, or coaxd --accept-other-abi",
                    paths.directory.string(), *found, COAX_ABI_VERSION));
}

Result<std::array<LoadedProgram, kPrograms>> load_all(ProgramLoader &loader,
                                                      const Ownership &previous) {
    std::array<LoadedProgram, kPrograms> programs;
    for (const auto id : {ProgramId::kTcPort, ProgramId::kTcLane, ProgramId::kTcHandover,
                          ProgramId::kTcUplink, ProgramId::kXdpUplink}) {
        COAX_ASSIGN_OR_RETURN(programs[static_cast<std::size_t>(id)], loader.load(id, &previous));
    }
    return programs;
}

Status write_abi_version(const DatapathMaps &maps) {
    const std::uint32_t only = 0;
    const std::uint32_t version = COAX_ABI_VERSION;
    return maps.abi.set(bytes_of(only), bytes_of(version));
}

Result<OpenedDatapath> load_and_pin(const DatapathOptions &options, const PinPaths &paths) {
    COAX_TRY(create_pin_directories(paths));
    COAX_TRY(claim_netns(paths));
    Clsact(paths.clsact).forget_gone_links();
    ProgramLoader loader(paths, options.sizes);
    COAX_ASSIGN_OR_RETURN(auto programs,
                          load_all(loader, Ownership::of_instance(options.instance)));
    COAX_TRY(loader.carry_counts());
    COAX_ASSIGN_OR_RETURN(auto maps, open_maps(paths.directory));
    COAX_ASSIGN_OR_RETURN(auto mail, MailRing::open(paths.directory));
    COAX_TRY(repair_companions(maps));
    COAX_TRY(write_abi_version(maps));
    return OpenedDatapath{options.instance,
                          paths,
                          std::move(loader),
                          std::move(programs),
                          std::move(maps),
                          std::move(mail),
                          Ownership::of_instance(options.instance),
                          {}};
}

/// As load_and_pin, and where nothing was pinned before, a failure leaves nothing.
Result<OpenedDatapath> load_or_undo(const DatapathOptions &options, const PinPaths &paths) {
    COAX_ASSIGN_OR_RETURN(const auto version_before, pinned_abi_version(paths));
    auto opened = load_and_pin(options, paths);
    if (!opened.ok() && !version_before)
        COAX_TRY(remove_pins(paths));
    return opened;
}

Result<OpenedDatapath> load(const DatapathOptions &options, const PinPaths &paths) {
    auto opened = load_or_undo(options, paths);
    if (opened.ok() || opened.error().code() != ErrorCode::kVersion || !options.accept_other_abi)
        return opened;
    // Same version number, other layout: a development build. Discarded as if it were another.
    COAX_TRY(remove_datapath(options.instance));
    return load_or_undo(options, paths);
}

} // namespace

Result<std::unique_ptr<Datapath>> open_datapath(const DatapathOptions &options) {
    route_library_logs();
    COAX_ASSIGN_OR_RETURN(const PinPaths paths, PinPaths::of(options.instance));
    COAX_ASSIGN_OR_RETURN(const KernelFacts facts, probe_kernel());
    COAX_TRY(judge_kernel(facts));
    std::vector<std::string> notes;
    COAX_TRY(ensure_bpffs(notes));
    COAX_TRY(check_netns(paths));
    COAX_TRY(settle_abi(options, paths));
    auto opened = load(options, paths);
    if (!opened.ok())
        return opened.error().with_context(
            fmt::format("open the data path of instance {}", options.instance));
    notes.insert(notes.end(), opened->loader.notes().begin(), opened->loader.notes().end());
    opened->notes = std::move(notes);
    return std::unique_ptr<Datapath>(std::make_unique<BpfDatapath>(*std::move(opened)));
}

} // namespace coax
