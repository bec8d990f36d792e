// SPDX-License-Identifier: Apache-2.0
#include "lib/bpf/datapath.h"

namespace coax {
namespace {

struct Text {
    std::string_view label;
    std::string_view text;
};

constexpr std::array<Text, COAX_DROP_REASONS_COUNT> kReasons{{
#define COAX_TEXT(name, label, text) Text{label, text},
    COAX_DROP_REASONS(COAX_TEXT)
#undef COAX_TEXT
}};

constexpr std::array<Text, COAX_COUNTERS_COUNT> kCounters{{
#define COAX_TEXT(name, label, text) Text{label, text},
    COAX_COUNTERS(COAX_TEXT)
#undef COAX_TEXT
}};

constexpr std::array<std::string_view, COAX_HOOKS_COUNT> kHooks{{
#define COAX_TEXT(name, label) label,
    COAX_HOOKS(COAX_TEXT)
#undef COAX_TEXT
}};

constexpr Text kUnknown{"unknown", "not known to this version of Coax"};

} // namespace

std::string_view xdp_mode_label(XdpMode mode) {
    switch (mode) {
    case XdpMode::kNative:
        return "native";
    case XdpMode::kGeneric:
        return "generic";
    case XdpMode::kDetached:
        return "detached";
    }
    return "detached";
}

std::string_view drop_reason_label(std::uint32_t reason) {
    return (reason < kReasons.size() ? kReasons[reason] : kUnknown).label;
}

std::string_view drop_reason_text(std::uint32_t reason) {
    return (reason < kReasons.size() ? kReasons[reason] : kUnknown).text;
}

std::string_view hook_label(std::uint32_t hook) {
    return hook < kHooks.size() ? kHooks[hook] : kUnknown.label;
}

std::string_view counter_label(std::uint32_t counter) {
    return (counter < kCounters.size() ? kCounters[counter] : kUnknown).label;
}

std::string_view counter_text(std::uint32_t counter) {
    return (counter < kCounters.size() ? kCounters[counter] : kUnknown).text;
}

} // namespace coax
