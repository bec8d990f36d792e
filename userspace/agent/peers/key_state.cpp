// SPDX-License-Identifier: Apache-2.0
#include "agent/peers/key_state.h"

#include <charconv>

#include <fmt/format.h>

#include "lib/base/file.h"
#include "lib/base/text.h"

namespace coax {
namespace {

constexpr std::size_t kFileBytesMax = 256;
constexpr std::uint32_t kFileMode = 0600;
constexpr std::string_view kSettled = "settled";
constexpr std::string_view kChanging = "changing";

/// The next word of a line, and the line without it; empty at its end.
std::string_view take_word(std::string_view &line) {
    const std::size_t end = line.find(' ');
    const std::string_view word = line.substr(0, end);
    line = end == std::string_view::npos ? std::string_view() : line.substr(end + 1);
    return word;
}

Error malformed(std::string_view text) {
    return {
        ErrorCode::kInvalid,
        fmt::format("expected \"first|second settled|changing SECONDS\", found {}; put the right "
                    "file back (keys/lane0.key alone: first settled 0)",
                    coax::quoted(text))};
}

} // namespace

std::string KeyState::to_text() const {
    return fmt::format("{} {} {}\n", key_set_label(in_use), changing ? kChanging : kSettled,
                       time_to_wire(since));
}

Result<KeyState> KeyState::parse(std::string_view text) {
    std::string_view line = text.substr(0, text.find('\n'));
    const std::string_view set = take_word(line);
    const std::string_view step = take_word(line);
    KeyState state;
    state.in_use = set == key_set_label(KeySet::kFirst) ? KeySet::kFirst : KeySet::kSecond;
    state.changing = step == kChanging;
    std::uint64_t since = 0;
    std::from_chars(line.data(), line.data() + line.size(), since);
    state.since = time_from_wire(since);
    if (state.to_text() != text)
        return malformed(text);
    return state;
}

Result<std::optional<KeyState>> read_key_state(const std::filesystem::path &path) {
    const auto text = read_file(path, kFileBytesMax);
    if (!text.ok() && text.error().code() == ErrorCode::kNotFound)
        return std::optional<KeyState>();
    if (!text.ok())
        return text.error();
    auto state = KeyState::parse(*text);
    if (!state.ok())
        return state.error().with_context(path.string());
    return std::optional(*state);
}

Status write_key_state(const std::filesystem::path &path, const KeyState &state) {
    return write_file_atomically(path, state.to_text(), kFileMode);
}

} // namespace coax
