// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/base/result.h"

namespace coax {

/// A program in the kernel.
struct ProgramInfo {
    std::uint32_t id = 0;
    std::string name; // as the kernel keeps it, at most 15 characters
    std::array<std::uint8_t, 8> tag{};
    std::vector<std::uint32_t> map_ids;
};

Result<ProgramInfo> program_info(int fd);
/// Absent when the program went away meanwhile.
Result<std::optional<ProgramInfo>> program_info_by_id(std::uint32_t id);

enum class Owner {
    kOurs,          // uses a map this instance has pinned
    kOtherInstance, // uses a map another instance has pinned
    kOrphan,        // a Coax program whose pins are gone: left behind, nobody fills its maps
    kForeign,       // not Coax
};

/// Tells whose program it is by the maps it uses: names and tags are the same for every instance.
class Ownership {
  public:
    static Ownership of_instance(const std::string &instance);

    struct Verdict {
        Owner owner = Owner::kForeign;
        std::string
            text; // "program 17 (cil_from_netdev)", "tc_port of Coax instance n2 (program 9)"
    };
    [[nodiscard]] Verdict judge(const ProgramInfo &program) const;
    [[nodiscard]] bool is_ours(const ProgramInfo &program) const;

  private:
    Ownership(std::string instance, std::set<std::uint32_t> own_maps)
        : instance_(std::move(instance)), own_maps_(std::move(own_maps)) {}
    [[nodiscard]] std::optional<std::string> other_owner(const ProgramInfo &program) const;

    std::string instance_;
    std::set<std::uint32_t> own_maps_;
};

} // namespace coax
