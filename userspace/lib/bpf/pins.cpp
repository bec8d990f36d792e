// SPDX-License-Identifier: Apache-2.0
#include "lib/bpf/pins.h"

#include <algorithm>
#include <cerrno>

#include <unistd.h>

#include <bpf/bpf.h>
#include <fmt/format.h>

#include "coax/abi/limits.h"
#include "lib/base/file.h"
#include "lib/base/unique_fd.h"

namespace coax {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = "/sys/fs/bpf/coax";
constexpr std::uint32_t kDirectoryMode = 0700;

bool is_instance_name(const std::string &name) {
    return !name.empty() && name.size() <= COAX_INSTANCE_NAME_MAX &&
           std::all_of(name.begin(), name.end(),
                       [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

/// 0 when `fd` is not a map.
std::uint32_t map_id(int fd) {
    bpf_map_info info{};
    std::uint32_t length = sizeof(info);
    return bpf_obj_get_info_by_fd(fd, &info, &length) == 0 ? info.id : 0;
}

} // namespace

Result<PinPaths> PinPaths::of(const std::string &instance) {
    if (!is_instance_name(instance))
        return Error(ErrorCode::kInvalid,
                     fmt::format("instance name \"{}\": expected 1 to {} characters of a-z and 0-9",
                                 instance, COAX_INSTANCE_NAME_MAX));
    const fs::path directory = kRoot / instance;
    return PinPaths{directory, directory / "programs", directory / "clsact", directory / "netns"};
}

Status create_pin_directories(const PinPaths &paths) {
    COAX_TRY(ensure_directory(kRoot, kDirectoryMode));
    COAX_TRY(ensure_directory(paths.directory, kDirectoryMode));
    COAX_TRY(ensure_directory(paths.programs, kDirectoryMode));
    COAX_TRY(ensure_directory(paths.clsact, kDirectoryMode));
    return ensure_directory(paths.netns, kDirectoryMode);
}

Result<std::optional<std::uint32_t>> pinned_abi_version(const PinPaths &paths) {
    const fs::path pin = paths.directory / "coax_abi";
    const UniqueFd fd(bpf_obj_get(pin.c_str()));
    if (!fd.valid() && errno == ENOENT)
        return std::optional<std::uint32_t>();
    if (!fd.valid())
        return Error::from_errno(fmt::format("open pinned map {}", pin.string()), errno);
    const std::uint32_t key = 0;
    std::uint32_t version = 0;
    if (bpf_map_lookup_elem(fd.get(), &key, &version) != 0)
        return Error::from_errno(fmt::format("read pinned map {}", pin.string()), errno);
    return std::optional(version);
}

std::set<std::uint32_t> pinned_map_ids(const fs::path &directory) {
    std::set<std::uint32_t> ids;
    std::error_code ignored;
    for (const auto &entry : fs::directory_iterator(directory, ignored)) {
        if (entry.is_directory(ignored))
            continue;
        const UniqueFd fd(bpf_obj_get(entry.path().c_str()));
        if (const std::uint32_t id = fd.valid() ? map_id(fd.get()) : 0; id != 0)
            ids.insert(id);
    }
    return ids;
}

std::vector<std::string> pinned_instances() {
    std::vector<std::string> names;
    std::error_code ignored;
    for (const auto &entry : fs::directory_iterator(kRoot, ignored)) {
        if (entry.is_directory(ignored))
            names.push_back(entry.path().filename().string());
    }
    return names;
}

Status replace_pin(int fd, const fs::path &path) {
    const fs::path fresh = path.string() + "_new"; // bpffs refuses names with a dot
    ::unlink(fresh.c_str());
    if (bpf_obj_pin(fd, fresh.c_str()) != 0)
        return Error::from_errno(fmt::format("pin {}", fresh.string()), errno);
    if (::rename(fresh.c_str(), path.c_str()) == 0)
        return {};
    const int error_number = errno;
    ::unlink(fresh.c_str());
    return Error::from_errno(fmt::format("pin {}", path.string()), error_number);
}

Status remove_pins(const PinPaths &paths) {
    std::error_code error;
    fs::remove_all(paths.directory, error);
    if (error)
        return Error::from_errno(fmt::format("remove pins {}", paths.directory.string()),
                                 error.value());
    ::rmdir(kRoot.c_str()); // stays while another instance is there
    return {};
}

} // namespace coax
