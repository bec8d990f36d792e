// SPDX-License-Identifier: Apache-2.0
#include "agent/names.h"

#include <charconv>

#include <net/if.h>

#include <fmt/format.h>

namespace coax {
namespace {

std::uint64_t fnv1a(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char c : text) {
        hash ^= static_cast<std::uint8_t>(c);
        hash *= 0x100000001b3U;
    }
    return hash;
}

std::optional<std::string_view> after(std::string_view text, const std::string &prefix) {
    if (!text.starts_with(prefix))
        return std::nullopt;
    return text.substr(prefix.size());
}

} // namespace

std::string lane_device(std::string_view instance, std::uint32_t slot) {
    return fmt::format("{}-wg{}", instance, slot);
}

std::string handover_device(std::string_view instance) {
    return fmt::format("{}-hand", instance);
}

std::string port_device(std::string_view instance, std::string_view port, std::uint32_t attempt) {
    static constexpr std::string_view kDigits = "abcdefghijklmnopqrstuvwxyz234567";
    std::string name = fmt::format("{}-p", instance);
    std::uint64_t hash = fnv1a(fmt::format("{}#{}", port, attempt));
    for (; name.size() < IFNAMSIZ - 1 && name.size() < instance.size() + 10; hash >>= 5)
        name += kDigits[hash & 31];
    return name;
}

bool is_port_device(std::string_view instance, std::string_view device) {
    return device.starts_with(fmt::format("{}-p", instance));
}

std::string lane_alias(std::string_view instance, std::uint32_t slot) {
    return fmt::format("coax {} lane {}", instance, slot);
}

std::string handover_alias(std::string_view instance) {
    return fmt::format("coax {} handover", instance);
}

std::string port_alias(std::string_view instance, std::string_view port) {
    return fmt::format("coax {} port {}", instance, port);
}

bool is_own_alias(std::string_view instance, std::string_view alias) {
    return alias.starts_with(fmt::format("coax {} ", instance));
}

std::optional<std::string> port_of_alias(std::string_view instance, std::string_view alias) {
    const auto port = after(alias, port_alias(instance, ""));
    return port ? std::optional<std::string>(*port) : std::nullopt;
}

std::optional<std::uint32_t> lane_of_alias(std::string_view instance, std::string_view alias) {
    const auto text = after(alias, fmt::format("coax {} lane ", instance));
    if (!text)
        return std::nullopt;
    std::uint32_t lane = 0;
    const auto [end, error] = std::from_chars(text->begin(), text->end(), lane);
    if (error != std::errc() || end != text->end())
        return std::nullopt;
    return lane;
}

std::uint32_t stable_id(std::string_view name) {
    std::uint32_t hash = 0x811c9dc5U;
    for (const char c : name) {
        hash ^= static_cast<std::uint8_t>(c);
        hash *= 0x01000193U;
    }
    return hash;
}

} // namespace coax
