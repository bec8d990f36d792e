// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/base/result.h"

namespace coax {

/// Where an instance keeps what must outlive the agent. Maps lie in the directory itself.
struct PinPaths {
    std::filesystem::path directory; // /sys/fs/bpf/coax/<instance>, 0700
    std::filesystem::path programs;  // one pin per program, named like it
    std::filesystem::path clsact;    // an empty directory per interface index whose clsact we made
    std::filesystem::path netns;     // netns_claim.h

    /// kInvalid unless `instance` is 1..COAX_INSTANCE_NAME_MAX of [a-z0-9].
    static Result<PinPaths> of(const std::string &instance);
};

Status create_pin_directories(const PinPaths &paths);

/// Version in the pinned map coax_abi; absent when nothing is pinned, 0 when an agent died before
/// its data path was complete.
Result<std::optional<std::uint32_t>> pinned_abi_version(const PinPaths &paths);

/// Kernel ids of the maps pinned directly in `directory`; empty when it does not exist.
std::set<std::uint32_t> pinned_map_ids(const std::filesystem::path &directory);

/// Names of the instances that have pins on this bpffs.
std::vector<std::string> pinned_instances();

/// Pins `fd` at `path`, atomically replacing an older pin.
Status replace_pin(int fd, const std::filesystem::path &path);

/// Removes everything below the instance's directory, and the parent when it is empty.
Status remove_pins(const PinPaths &paths);

} // namespace coax
