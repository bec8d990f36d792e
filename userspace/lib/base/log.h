// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include "lib/base/result.h"

namespace spdlog {
class logger;
} // namespace spdlog

namespace coax {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

/// "debug", "info", "warn" or "error"; else kInvalid.
Result<LogLevel> parse_log_level(std::string_view text);
std::string_view to_string(LogLevel level);

/// key=value of a log line. The key names the unit (`age_s`). Values that hold spaces, quotes, '='
/// or control characters come out quoted and escaped: a peer's input cannot forge a line.
class LogField {
  public:
    LogField(std::string_view key, std::string_view value) : key_(key), value_(value) {}
    LogField(std::string_view key, const char *value) : key_(key), value_(value) {}
    LogField(std::string_view key, const std::string &value) : key_(key), value_(value) {}
    LogField(std::string_view key, bool value) : key_(key), value_(value ? "true" : "false") {}
    template <typename T>
    requires(std::is_arithmetic_v<T> && !std::same_as<T, bool>)
        LogField(std::string_view key, T value)
        : key_(key), value_(std::to_string(value)) {}
    /// Strong integers.
    template <typename T>
    requires requires(const T &t) { std::to_string(t.value()); }
    LogField(std::string_view key, const T &value)
        : key_(key), value_(std::to_string(value.value())) {}
    /// Addresses and keys.
    template <typename T>
    requires requires(const T &t) {
        { t.to_string() } -> std::same_as<std::string>;
    }
    LogField(std::string_view key, const T &value) : key_(key), value_(value.to_string()) {}

    [[nodiscard]] const std::string &key() const { return key_; }
    [[nodiscard]] const std::string &value() const { return value_; }

  private:
    std::string key_;
    std::string value_;
};

/// Where log lines go: event first, then key=value (`peer.handshake.stale peer=b age_s=190`).
/// error = the operator must act, warn = degraded, info = state changed, debug = for a developer.
/// Threads: any. Ownership: cheap to copy, copies share the sink and the level. Failure: a line
/// that cannot be written is lost silently.
class Log {
  public:
    using Fields = std::initializer_list<LogField>;
    using Sink = std::function<void(LogLevel, std::string_view line)>;

    /// To stderr, with UTC time and level in front.
    static Log to_stderr(LogLevel level);
    /// Lines without time and level handed to `sink`, one call at a time.
    static Log to_sink(LogLevel level, Sink sink);

    void debug(std::string_view event, Fields fields = {}) const;
    void info(std::string_view event, Fields fields = {}) const;
    void warn(std::string_view event, Fields fields = {}) const;
    void error(std::string_view event, Fields fields = {}) const;

    void set_level(LogLevel level) const; // a reload may change it

  private:
    explicit Log(std::shared_ptr<spdlog::logger> logger) : logger_(std::move(logger)) {}
    void write(LogLevel level, std::string_view event, Fields fields) const;

    std::shared_ptr<spdlog::logger> logger_;
};

} // namespace coax
