// SPDX-License-Identifier: Apache-2.0
#include "lib/wireguard/rejected_log.h"

#include <algorithm>
#include <cerrno>
#include <string_view>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace coax {
namespace {

// wireguard-go, device/receive.go: "IPv4 packet with disallowed source address from peer(...)".
constexpr std::string_view kPhrase = "packet with disallowed source address";
constexpr int kSeals = F_SEAL_GROW | F_SEAL_SHRINK;

std::uint64_t count_phrases(std::string_view text) {
    std::uint64_t count = 0;
    for (auto at = text.find(kPhrase); at != std::string_view::npos;
         at = text.find(kPhrase, at + kPhrase.size()))
        ++count;
    return count;
}

} // namespace

Result<RejectedLog> RejectedLog::create() {
    UniqueFd fd(::memfd_create("coax-wireguard-go", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!fd.valid())
        return Error::from_errno("make a log for wireguard-go", errno);
    if (::ftruncate(fd.get(), kSizeBytes) != 0 ||
        ::fcntl(fd.get(), F_ADD_SEALS, kSeals | F_SEAL_SEAL) != 0)
        return Error::from_errno("seal the log of wireguard-go", errno);
    return RejectedLog(std::move(fd), {});
}

Result<RejectedLog> RejectedLog::adopt(UniqueFd fd, const Position &position) {
    struct stat info {};
    const int seals = ::fcntl(fd.get(), F_GET_SEALS);
    if (seals < 0 || (seals & kSeals) != kSeals || ::fstat(fd.get(), &info) != 0 ||
        info.st_size != static_cast<off_t>(kSizeBytes))
        return Error(ErrorCode::kInvalid, "its output is not a log that Coax made");
    return RejectedLog(std::move(fd), position);
}

std::uint64_t RejectedLog::written_bytes() const {
    const off_t at = ::lseek(fd_.get(), 0, SEEK_CUR);
    return at < 0 ? 0 : std::min<std::uint64_t>(static_cast<std::uint64_t>(at), kSizeBytes);
}

Result<std::string> RejectedLog::read_range(std::uint64_t begin, std::uint64_t end) const {
    std::string text(end - begin, '\0');
    const ssize_t got = ::pread(fd_.get(), text.data(), text.size(), static_cast<off_t>(begin));
    if (got < 0)
        return Error::from_errno("read the log of wireguard-go", errno);
    text.resize(static_cast<std::size_t>(got));
    return text;
}

Status RejectedLog::update() {
    const std::uint64_t end = written_bytes();
    if (end < position_.offset)
        position_.offset = 0; // rewound, and the agent ended before it noted that
    COAX_ASSIGN_OR_RETURN(const std::string text, read_range(position_.offset, end));
    const bool full = end > kSizeBytes / 2;
    // Up to the last whole line; a rewind cuts the last one, so then everything.
    const std::size_t whole = full ? text.size() : text.rfind('\n') + 1; // npos + 1 == 0
    position_.total += count_phrases(std::string_view(text).substr(0, whole));
    position_.offset += whole;
    return full ? rewind(end) : Status();
}

/// The process may be writing meanwhile, and a memfd does not serialise offset and write: its write may
/// undo the seek. What was counted is blanked first, so that it cannot be counted twice; a line
/// written in between may be lost.
Status RejectedLog::rewind(std::uint64_t end) {
    const std::string blank(end, '\0');
    if (::pwrite(fd_.get(), blank.data(), blank.size(), 0) < 0 ||
        ::lseek(fd_.get(), 0, SEEK_SET) < 0)
        return Error::from_errno("rewind the log of wireguard-go", errno);
    position_.offset = 0;
    return {};
}

std::string RejectedLog::last_line() const {
    const std::uint64_t end = written_bytes();
    constexpr std::uint64_t kLineMaxBytes = 512;
    auto text = read_range(end - std::min(end, kLineMaxBytes), end);
    if (!text.ok())
        return {};
    std::string line = *std::move(text);
    line.erase(std::find_if(line.rbegin(), line.rend(), [](char c) { return c != '\n'; }).base(),
               line.end());
    line.erase(0, line.rfind('\n') + 1);
    std::replace_if(
        line.begin(), line.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return line;
}

} // namespace coax
