// SPDX-License-Identifier: Apache-2.0
// A folder of the process, for parsers that read files.
#pragma once

#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace coax::fuzz {

/// In memory where the system has such a place; removed at the end of the process, unless it
/// crashes.
class ScratchFolder {
  public:
    ScratchFolder() {
        std::string name =
            (std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : "/tmp") + std::string();
        name += "/coax-fuzz-XXXXXX";
        if (mkdtemp(name.data()) == nullptr) {
            std::perror(name.c_str());
            std::abort();
        }
        path_ = name;
    }
    ~ScratchFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    ScratchFolder(const ScratchFolder &) = delete;
    ScratchFolder &operator=(const ScratchFolder &) = delete;

    [[nodiscard]] const std::string &path() const { return path_; }

  private:
    std::string path_;
};

inline void write_file(const std::string &path, std::string_view content) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

inline std::string read_file(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace coax::fuzz
