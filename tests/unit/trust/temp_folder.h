// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fstream>
#include <string>

#include <sys/stat.h>

#include "harness/scratch_folder.h"
#include "lib/base/file.h"

namespace coax::test {

/// A folder of its own and files in it.
class TempFolder {
  public:
    [[nodiscard]] std::string path(const std::string &name = "") const {
        return name.empty() ? folder_.path() : folder_.path() / name;
    }
    /// Returns the path.
    [[nodiscard]] std::string write(const std::string &name, std::string_view content,
                                    mode_t mode = 0644) const {
        std::ofstream(path(name), std::ios::binary) << content;
        ::chmod(path(name).c_str(), mode);
        return path(name);
    }
    [[nodiscard]] std::string read(const std::string &name) const {
        const auto content = read_file(path(name), kReadBytesMax);
        return content.ok() ? *content : "";
    }
    [[nodiscard]] mode_t mode_of(const std::string &name) const {
        struct stat info {};
        return ::stat(path(name).c_str(), &info) == 0 ? info.st_mode & 07777U : 0;
    }

  private:
    static constexpr std::size_t kReadBytesMax = 16 * 1024 * 1024;
    ScratchFolder folder_;
};

} // namespace coax::test
