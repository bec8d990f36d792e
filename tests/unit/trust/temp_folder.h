// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include <stdlib.h>
#include <sys/stat.h>

#include "lib/base/file.h"

namespace coax::test {

/// A folder of its own below /tmp, gone with the object.
class TempFolder {
  public:
    TempFolder() {
        std::string name = "/tmp/coax-trust-XXXXXX";
        if (::mkdtemp(name.data()) == nullptr)
            throw std::runtime_error("mkdtemp " + name);
        path_ = name;
    }
    TempFolder(const TempFolder &) = delete;
    TempFolder &operator=(const TempFolder &) = delete;
    ~TempFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] std::string path(const std::string &name = "") const {
        return name.empty() ? path_ : path_ + "/" + name;
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
    std::string path_;
};

} // namespace coax::test
