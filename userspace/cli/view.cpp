// SPDX-License-Identifier: Apache-2.0
#include "cli/view.h"

#include <fmt/format.h>

namespace coax::cli {
namespace {

std::string_view escape_of(Tone tone) {
    switch (tone) {
    case Tone::kStrong:
        return "\x1b[1m";
    case Tone::kDim:
        return "\x1b[2m";
    case Tone::kGood:
        return "\x1b[32m";
    case Tone::kWarn:
        return "\x1b[33m";
    case Tone::kBad:
        return "\x1b[31m";
    case Tone::kPlain:
        break;
    }
    return "";
}

} // namespace

std::string paint(std::string_view text, Tone tone, const View &view) {
    if (!view.color || tone == Tone::kPlain || text.empty())
        return std::string(text);
    return fmt::format("{}{}\x1b[0m", escape_of(tone), text);
}

} // namespace coax::cli
