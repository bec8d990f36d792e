// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace coax::test {

/// A folder of one test, mode 0700; goes with it.
class ScratchFolder {
  public:
    /// On disk below TMPDIR, or /tmp, unless `parent` is given.
    explicit ScratchFolder(
        const std::filesystem::path &parent = std::filesystem::temp_directory_path()) {
        std::string name = parent / "coax-test-XXXXXX";
        if (::mkdtemp(name.data()) == nullptr)
            throw std::system_error(errno, std::generic_category(), "mkdtemp " + name);
        path_ = name;
    }
    ScratchFolder(const ScratchFolder &) = delete;
    ScratchFolder &operator=(const ScratchFolder &) = delete;
    ~ScratchFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] const std::filesystem::path &path() const { return path_; }

  private:
    std::filesystem::path path_;
};

} // namespace coax::test
