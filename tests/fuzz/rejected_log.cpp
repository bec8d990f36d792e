// SPDX-License-Identifier: Apache-2.0
// The log of wireguard-go: the first two bytes, where the first has its high bit, say where the
// agent had read to (else: nowhere yet); the rest is written in two pieces. Where the second is odd,
// the log is nearly full in between.
#include "lib/wireguard/rejected_log.h"

#include <unistd.h>

#include <cstring>
#include <string>

#include "fuzz/require.h"

using coax::RejectedLog;
using coax::fuzz::require;

namespace {

void say(const RejectedLog &log, std::string_view text) {
    // A full log refuses; wireguard-go ignores that, and so does this.
    if (::write(log.fd(), text.data(), text.size()) < 0)
        return;
}

void update(RejectedLog &log, std::size_t written) {
    const RejectedLog::Position before = log.position();
    require(log.update().ok(), "a log can always be read");
    const RejectedLog::Position after = log.position();
    require(after.total >= before.total, "the count does not fall");
    require(after.total - before.total <= RejectedLog::kSizeBytes / 37 + written / 37,
            "no more is counted than was written");
    require(after.offset <= RejectedLog::kSizeBytes, "the position is in the log");
    for (const char c : log.last_line())
        require(c >= ' ' && c <= '~', "the last line can be shown");
}

/// As much of other lines as leaves half of `size` bytes.
void fill(const RejectedLog &log, std::size_t size) {
    const std::string line(999, 'x');
    const auto room = static_cast<off_t>(RejectedLog::kSizeBytes - size / 2);
    while (::lseek(log.fd(), 0, SEEK_CUR) + static_cast<off_t>(line.size()) < room)
        say(log, line + "\n");
}

/// Whole lines only, by their newline.
std::uint64_t refused_in(std::string_view text) {
    constexpr std::string_view kPhrase = "packet with disallowed source address";
    text = text.substr(0, text.rfind('\n') + 1);
    std::uint64_t count = 0;
    for (std::size_t at = text.find(kPhrase); at != std::string_view::npos;
         at = text.find(kPhrase, at + kPhrase.size()))
        ++count;
    return count;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    std::uint16_t offset = 0;
    if (size < sizeof(offset))
        return 0;
    if (data[0] >= 0x80)
        std::memcpy(&offset, data, sizeof(offset));
    const std::string_view text = coax::fuzz::as_text(data + sizeof(offset), size - sizeof(offset));

    auto made = RejectedLog::create();
    require(made.ok(), "a log can be made");
    auto log = RejectedLog::adopt(coax::UniqueFd(::dup(made->fd())), {.offset = offset});
    require(log.ok(), "a log of ours can be adopted");
    say(*log, text.substr(0, text.size() / 2));
    update(*log, text.size());
    const bool full = (data[1] & 1U) != 0;
    if (full)
        fill(*log, text.size());
    say(*log, text.substr(text.size() / 2));
    update(*log, text.size());
    if (!full && offset == 0 && text.size() <= RejectedLog::kSizeBytes / 2)
        require(log->position().total == refused_in(text), "every whole line is counted once");
    return 0;
}
