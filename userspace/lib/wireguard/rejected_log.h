// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace coax {

/// The log of one wireguard-go, as a counter of refused source addresses.
///
/// wireguard-go has no such counter; it only writes a line. Its standard output is a memfd whose size
/// is sealed: writing there never blocks, never grows, and never raises SIGPIPE when the agent dies;
/// when it is full, writes fail, which wireguard-go ignores. The agent counts the lines and moves the
/// shared file offset back to the start. So the count is a lower bound.
/// Threading: one thread. Ownership: a descriptor of the memfd; the open file is shared with the process.
class RejectedLog {
  public:
    struct Position {
        std::uint64_t offset = 0; // bytes of the log that are counted
        std::uint64_t total = 0;  // refused packets until there
        auto operator<=>(const Position &) const = default;
    };

    static Result<RejectedLog> create();
    /// `fd` shares the open file of the process; kInvalid when it is not such a log.
    static Result<RejectedLog> adopt(UniqueFd fd, const Position &position);

    /// Counts what is new; makes room when more than half is used.
    Status update();

    [[nodiscard]] const Position &position() const { return position_; }
    [[nodiscard]] int fd() const { return fd_.get(); }
    /// The last line, for an error message; control characters replaced.
    [[nodiscard]] std::string last_line() const;

    static constexpr std::size_t kSizeBytes = 65536;

  private:
    RejectedLog(UniqueFd fd, const Position &position) : fd_(std::move(fd)), position_(position) {}
    [[nodiscard]] Result<std::string> read_range(std::uint64_t begin, std::uint64_t end) const;
    [[nodiscard]] std::uint64_t written_bytes() const;
    Status rewind(std::uint64_t end);

    UniqueFd fd_;
    Position position_;
};

} // namespace coax
