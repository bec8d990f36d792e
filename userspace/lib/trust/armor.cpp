// SPDX-License-Identifier: Apache-2.0
#include "lib/trust/armor.h"

#include <algorithm>

#include <fmt/format.h>
#include <sodium.h>

#include "lib/trust/wire.h"

namespace coax {
namespace {

constexpr int kVariant = sodium_base64_VARIANT_ORIGINAL;
constexpr std::size_t kLineChars = 70;

/// Without the zero that libsodium writes behind it.
template <typename Buffer>
Buffer encode(std::string_view bytes) {
    Buffer out;
    out.resize(sodium_base64_encoded_len(bytes.size(), kVariant));
    sodium_bin2base64(out.data(), out.size(), bytes_of(bytes), bytes.size(), kVariant);
    out.pop_back();
    return out;
}

/// False unless `text` is base64.
template <typename Buffer>
bool decode(std::string_view text, Buffer &out) {
    if (text.empty())
        return true; // an empty buffer may have no address, and libsodium wants one
    out.resize(text.size());
    auto *to = static_cast<std::uint8_t *>(static_cast<void *>(out.data()));
    std::size_t length = 0;
    const bool good = sodium_base642bin(to, out.size(), text.data(), text.size(), nullptr, &length,
                                        nullptr, kVariant) == 0;
    out.resize(length);
    return good;
}

template <typename Buffer>
void append(Buffer &out, std::string_view text) {
    out.insert(out.end(), text.begin(), text.end());
}

bool is_line_break(char c) {
    return c == '\n' || c == '\r';
}

} // namespace

std::string encode_base64(std::string_view bytes) {
    return encode<std::string>(bytes);
}

Result<std::string> decode_base64(std::string_view text) {
    std::string out;
    if (!decode(text, out))
        return Error(ErrorCode::kInvalid, "expected base64 (a whole number of 4 characters)");
    return out;
}

template <typename Buffer>
Buffer armor(std::string_view bytes, std::string_view label) {
    const Buffer text = encode<Buffer>(bytes);
    Buffer out;
    out.reserve(text.size() + text.size() / kLineChars + 2 * label.size() + 64);
    append(out, fmt::format("-----BEGIN {}-----\n", label));
    std::string_view rest(text.data(), text.size());
    while (!rest.empty()) {
        const std::string_view line = rest.substr(0, kLineChars);
        append(out, line);
        append(out, "\n");
        rest.remove_prefix(line.size());
    }
    append(out, fmt::format("-----END {}-----\n", label));
    return out;
}

template <typename Buffer>
Result<Buffer> dearmor(std::string_view text, std::string_view label) {
    const std::string begin = fmt::format("-----BEGIN {}-----", label);
    const std::string end = fmt::format("\n-----END {}-----", label);
    const std::size_t stop = text.find(end);
    if (!text.starts_with(begin) || stop == std::string_view::npos || stop < begin.size())
        return Error(ErrorCode::kInvalid,
                     fmt::format("expected the lines {} and -----END {}-----", begin, label));
    const std::string_view lines = text.substr(begin.size(), stop - begin.size());
    Buffer base64;
    base64.reserve(lines.size());
    std::copy_if(lines.begin(), lines.end(), std::back_inserter(base64),
                 [](char c) { return !is_line_break(c); });
    Buffer out;
    if (!decode({base64.data(), base64.size()}, out))
        return Error(ErrorCode::kInvalid, fmt::format("between {} and its end: expected base64; "
                                                      "was the file changed?",
                                                      begin));
    return out;
}

template std::string armor<std::string>(std::string_view, std::string_view);
template SecretBytes armor<SecretBytes>(std::string_view, std::string_view);
template Result<std::string> dearmor<std::string>(std::string_view, std::string_view);
template Result<SecretBytes> dearmor<SecretBytes>(std::string_view, std::string_view);

} // namespace coax
