// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>
#include <cstdio>

#include "harness/packet.h"

namespace coax::test {

namespace {

constexpr std::size_t kLineBytes = 16;
constexpr int kDiffLinesMax = 12;

std::string hex_line(std::span<const std::uint8_t> data, std::size_t at) {
    std::string line;
    for (std::size_t i = at; i < at + kLineBytes; ++i) {
        char text[4] = "   ";
        if (i < data.size())
            std::snprintf(text, sizeof(text), "%02x ", data[i]);
        line += text;
    }
    return line;
}

std::string offset_text(std::size_t at) {
    char text[8];
    std::snprintf(text, sizeof(text), "%04zx", at & 0xffffU);
    return text;
}

bool line_differs(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b,
                  std::size_t at) {
    for (std::size_t i = at; i < at + kLineBytes; ++i) {
        const bool in_a = i < a.size();
        const bool in_b = i < b.size();
        if (in_a != in_b || (in_a && a[i] != b[i]))
            return true;
    }
    return false;
}

} // namespace

Bytes hex(std::string_view digits) {
    Bytes out;
    unsigned value = 0;
    bool half = false;
    for (const char c : digits) {
        if (std::isxdigit(static_cast<unsigned char>(c)) == 0)
            continue;
        const unsigned digit = std::isdigit(static_cast<unsigned char>(c)) != 0
                                   ? static_cast<unsigned>(c - '0')
                                   : static_cast<unsigned>((c | 0x20) - 'a' + 10);
        value = value * 16 + digit;
        if (half)
            out.push_back(static_cast<std::uint8_t>(value));
        half = !half;
        if (!half)
            value = 0;
    }
    return out;
}

std::string hexdump(std::span<const std::uint8_t> data) {
    std::string out;
    for (std::size_t at = 0; at < data.size(); at += kLineBytes)
        out += "  " + offset_text(at) + "  " + hex_line(data, at) + "\n";
    return out;
}

std::string hexdump_diff(std::span<const std::uint8_t> expected,
                         std::span<const std::uint8_t> found) {
    if (std::ranges::equal(expected, found))
        return {};
    std::string out = "expected " + std::to_string(expected.size()) + " bytes, found " +
                      std::to_string(found.size()) + "\n";
    int lines = 0;
    for (std::size_t at = 0; at < std::max(expected.size(), found.size()); at += kLineBytes) {
        if (!line_differs(expected, found, at))
            continue;
        if (++lines > kDiffLinesMax)
            return out + "...\n";
        out += "- " + offset_text(at) + "  " + hex_line(expected, at) + "\n";
        out += "+ " + offset_text(at) + "  " + hex_line(found, at) + "\n";
    }
    return out;
}

} // namespace coax::test
