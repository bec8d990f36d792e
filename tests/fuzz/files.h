// SPDX-License-Identifier: Apache-2.0
// Files for parsers that read them.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace coax::fuzz {

/// Where the scratch folder of a target goes: in memory where the system has such a place.
inline std::filesystem::path fast_folder() {
    return std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : "/tmp";
}

inline void write_file(const std::string &path, std::string_view content) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

inline std::string read_file(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace coax::fuzz
