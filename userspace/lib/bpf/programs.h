// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <bpf/libbpf.h>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/bpf/datapath.h"
#include "lib/bpf/ownership.h"
#include "lib/bpf/pinned_map.h"
#include "lib/bpf/pins.h"

namespace coax {

enum class ProgramId { kTcPort, kTcLane, kTcHandover, kTcUplink, kXdpUplink };
constexpr std::size_t kPrograms = 5;

struct BpfObjectCloser {
    void operator()(bpf_object *object) const { bpf_object__close(object); }
};
using BpfObjectPtr = std::unique_ptr<bpf_object, BpfObjectCloser>;

/// The compiled object, one program each, that is built into this binary.
struct EmbeddedObject {
    std::string_view name; // of the object and of its program
    std::span<const std::byte> elf;
};
EmbeddedObject embedded_object(ProgramId id);

struct LoadedProgram {
    UniqueFd fd;
    ProgramInfo info;
};

/// Opens embedded objects so that their maps are shared by pins.
class ProgramLoader {
  public:
    ProgramLoader(PinPaths paths, MapSizes sizes) : paths_(std::move(paths)), sizes_(sizes) {}

    /// Not loaded yet. A pinned map of another size is kept and noted, but for an array of counts that
    /// is too small: an older agent knew fewer, a larger one takes its place. One of another layout
    /// is kVersion.
    Result<BpfObjectPtr> open(ProgramId id);

    /// Loads and pins. A pinned program with the same tag and our maps stays and is used instead:
    /// it is the one that is attached.
    Result<LoadedProgram> load(ProgramId id, const Ownership *previous);

    /// To be called once all are loaded: what an older agent's arrays of counts hold goes into those
    /// that took their place.
    Status carry_counts();

    [[nodiscard]] const std::vector<std::string> &notes() const { return notes_; }

  private:
    Status fit_map(bpf_map *map);
    Status set_aside(bpf_map *map);
    void note(std::string text);

    PinPaths paths_;
    MapSizes sizes_;
    std::vector<std::string> notes_;
    std::vector<PinnedMap> outgrown_; // unpinned, until carry_counts()
    std::vector<char> verifier_log_;
};

} // namespace coax
