// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "lib/base/result.h"
#include "lib/config/option.h"

namespace coax {

/// How a field of type T reads from the file: kType, range(row), expected(row), decode(row, value)
/// and print(value). decode returns absent when the value is not of this type or out of range.
template <typename T>
struct Codec;

template <>
struct Codec<bool> {
    static constexpr std::string_view kType = "boolean";
    static std::string range(const OptionRow & /*row*/) { return ""; }
    static std::string expected(const OptionRow & /*row*/) { return "true or false"; }
    static std::optional<bool> decode(const OptionRow & /*row*/, const Value &value) {
        const auto *boolean = std::get_if<bool>(&value.data);
        return boolean == nullptr ? std::nullopt : std::optional(*boolean);
    }
    static std::string print(bool value) { return value ? "true" : "false"; }
};

template <typename T>
concept StrongInteger = requires(const T &t) {
    { t.value() } -> std::unsigned_integral;
    T(t.value());
};
template <typename T>
concept Duration = requires(const T &t) {
    { t.count() } -> std::signed_integral;
};
template <typename T>
concept IntegerField = StrongInteger<T> || Duration<T> ||
    (std::unsigned_integral<T> && !std::same_as<T, bool>);

template <IntegerField T>
struct Codec<T> {
    static constexpr std::string_view kType = "integer";
    static std::string range(const OptionRow &row) {
        return fmt::format("{}..{}", row.min, row.max);
    }
    static std::string expected(const OptionRow &row) { return "an integer " + range(row); }
    static std::optional<T> decode(const OptionRow &row, const Value &value) {
        const auto *integer = std::get_if<std::int64_t>(&value.data);
        if (integer == nullptr || *integer < row.min || *integer > row.max)
            return std::nullopt;
        if constexpr (StrongInteger<T>)
            return T(static_cast<decltype(T().value())>(*integer));
        else
            return T(*integer);
    }
    static std::string print(const T &value) {
        if constexpr (StrongInteger<T>)
            return std::to_string(value.value());
        else if constexpr (Duration<T>)
            return std::to_string(value.count());
        else
            return std::to_string(value);
    }
};

template <>
struct Codec<std::string> {
    static constexpr std::string_view kType = "string";
    static std::string range(const OptionRow &row) { return std::string(row.form->expected); }
    static std::string expected(const OptionRow &row) { return range(row); }
    static std::optional<std::string> decode(const OptionRow &row, const Value &value) {
        const auto *text = std::get_if<std::string>(&value.data);
        return text == nullptr || !row.form->valid(*text) ? std::nullopt : std::optional(*text);
    }
    static std::string print(const std::string &value) { return value; }
};

/// Values with T::parse: addresses and keys.
template <typename T>
struct ParsedText;
template <>
struct ParsedText<MacAddress> {
    static constexpr std::string_view kType = "MAC address";
    static constexpr std::string_view kExpected = "a unicast MAC address such as 02:00:5e:00:53:01";
    static bool valid(const MacAddress &mac) { return !mac.is_multicast() && !mac.is_zero(); }
};
template <>
struct ParsedText<IpAddress> {
    static constexpr std::string_view kType = "IP address";
    static constexpr std::string_view kExpected = "an IP address such as 192.0.2.1 or 2001:db8::1";
    static bool valid(const IpAddress &address) { return !address.is_unspecified(); }
};
template <>
struct ParsedText<IpPrefix> {
    static constexpr std::string_view kType = "prefix";
    static constexpr std::string_view kExpected =
        "an address with prefix length such as 192.0.2.0/24";
    static bool valid(const IpPrefix & /*prefix*/) { return true; }
};
template <>
struct ParsedText<SocketAddress> {
    static constexpr std::string_view kType = "address:port";
    static constexpr std::string_view kExpected =
        "an address with port such as 192.0.2.1:51820 or [2001:db8::1]:51820";
    static bool valid(const SocketAddress &address) { return !address.address.is_unspecified(); }
};
template <>
struct ParsedText<ListenAddress> {
    static constexpr std::string_view kType = "address:port";
    static constexpr std::string_view kExpected =
        "an address with port such as 127.0.0.1:9786, or \"\" for none";
    static bool valid(const ListenAddress & /*address*/) { return true; }
};
template <>
struct ParsedText<PublicKey> {
    static constexpr std::string_view kType = "public key";
    static constexpr std::string_view kExpected =
        "a public key of 44 base64 characters, as `coax key` prints it";
    static bool valid(const PublicKey &key) { return key != PublicKey{}; }
};

template <typename T>
requires requires {
    ParsedText<T>::kType;
}
struct Codec<T> {
    static constexpr std::string_view kType = ParsedText<T>::kType;
    static std::string range(const OptionRow & /*row*/) { return ""; }
    static std::string expected(const OptionRow & /*row*/) {
        return std::string(ParsedText<T>::kExpected);
    }
    static std::optional<T> decode(const OptionRow & /*row*/, const Value &value) {
        const auto *text = std::get_if<std::string>(&value.data);
        if (text == nullptr)
            return std::nullopt;
        auto parsed = T::parse(*text);
        return parsed.ok() && ParsedText<T>::valid(*parsed) ? std::optional(*parsed) : std::nullopt;
    }
    static std::string print(const T &value) { return value.to_string(); }
};

template <typename T>
struct Choices;
template <>
struct Choices<BackendChoice> {
    static constexpr std::array<std::pair<std::string_view, BackendChoice>, 3> kAll{
        {{"auto", BackendChoice::kAuto},
         {"kernel", BackendChoice::kKernel},
         {"userspace", BackendChoice::kUserspace}}};
};
template <>
struct Choices<XdpChoice> {
    static constexpr std::array<std::pair<std::string_view, XdpChoice>, 3> kAll{
        {{"auto", XdpChoice::kAuto},
         {"native", XdpChoice::kNative},
         {"generic", XdpChoice::kGeneric}}};
};
template <>
struct Choices<ExpiryChoice> {
    static constexpr std::array<std::pair<std::string_view, ExpiryChoice>, 2> kAll{
        {{"warn", ExpiryChoice::kWarn}, {"cut", ExpiryChoice::kCut}}};
};
template <>
struct Choices<PortKind> {
    static constexpr std::array<std::pair<std::string_view, PortKind>, 2> kAll{
        {{"host", PortKind::kHost}, {"netns", PortKind::kNetns}}};
};
template <>
struct Choices<FloodChoice> {
    static constexpr std::array<std::pair<std::string_view, FloodChoice>, 2> kAll{
        {{"replicate", FloodChoice::kReplicate}, {"none", FloodChoice::kNone}}};
};

template <typename T>
requires std::is_enum_v<T>
struct Codec<T> {
    static constexpr std::string_view kType = "string";
    static std::string range(const OptionRow & /*row*/) {
        std::string text;
        for (const auto &[word, choice] : Choices<T>::kAll)
            text += (text.empty() ? "" : ", ") + std::string(word);
        return text;
    }
    static std::string expected(const OptionRow &row) { return "one of " + range(row); }
    static std::optional<T> decode(const OptionRow & /*row*/, const Value &value) {
        const auto *text = std::get_if<std::string>(&value.data);
        for (const auto &[word, choice] : Choices<T>::kAll)
            if (text != nullptr && *text == word)
                return choice;
        return std::nullopt;
    }
    static std::string print(T value) {
        for (const auto &[word, choice] : Choices<T>::kAll)
            if (choice == value)
                return std::string(word);
        return "";
    }
};

/// The type whose codec a field uses: the field's own, less `optional` and `vector`.
template <typename T>
struct FieldTraits {
    using Element = T;
    static constexpr bool kList = false;
    static std::string print(const T &value) { return Codec<T>::print(value); }
};
template <typename T>
struct FieldTraits<std::optional<T>> {
    using Element = T;
    static constexpr bool kList = false;
    static std::string print(const std::optional<T> &value) {
        return value ? Codec<T>::print(*value) : "nothing";
    }
};
template <typename T>
struct FieldTraits<std::vector<T>> {
    using Element = T;
    static constexpr bool kList = true;
    static std::string print(const std::vector<T> &values) {
        std::string text;
        for (const T &value : values)
            text += (text.empty() ? "" : ", ") + Codec<T>::print(value);
        return text;
    }
};

} // namespace coax
