// SPDX-License-Identifier: Apache-2.0
#include "lib/base/log.h"

#include <algorithm>
#include <mutex>

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "lib/base/text.h"

namespace coax {
namespace {

constexpr std::size_t kValueMaxBytes = 1000;

spdlog::level::level_enum spdlog_level(LogLevel level) {
    switch (level) {
    case LogLevel::kDebug:
        return spdlog::level::debug;
    case LogLevel::kInfo:
        return spdlog::level::info;
    case LogLevel::kWarn:
        return spdlog::level::warn;
    case LogLevel::kError:
        return spdlog::level::err;
    }
    return spdlog::level::info;
}

LogLevel level_of(spdlog::level::level_enum level) {
    switch (level) {
    case spdlog::level::trace:
    case spdlog::level::debug:
        return LogLevel::kDebug;
    case spdlog::level::warn:
        return LogLevel::kWarn;
    case spdlog::level::err:
    case spdlog::level::critical:
        return LogLevel::kError;
    default:
        return LogLevel::kInfo;
    }
}

class FunctionSink final : public spdlog::sinks::base_sink<std::mutex> {
  public:
    explicit FunctionSink(Log::Sink function) : function_(std::move(function)) {}

  protected:
    void sink_it_(const spdlog::details::log_msg &message) override {
        function_(level_of(message.level), {message.payload.data(), message.payload.size()});
    }
    void flush_() override {}

  private:
    Log::Sink function_;
};

bool is_plain(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte != 0x7f && c != '"' && c != '=' && c != '\\';
}

void append_value(std::string &line, const std::string &value) {
    if (!value.empty() && std::all_of(value.begin(), value.end(), is_plain)) {
        line += value;
        return;
    }
    line += quoted(value, kValueMaxBytes);
}

std::shared_ptr<spdlog::logger> make_logger(LogLevel level, spdlog::sink_ptr sink) {
    auto logger = std::make_shared<spdlog::logger>("coax", std::move(sink));
    logger->set_level(spdlog_level(level));
    return logger;
}

} // namespace

Result<LogLevel> parse_log_level(std::string_view text) {
    for (const auto level : {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarn, LogLevel::kError})
        if (text == to_string(level))
            return level;
    return Error(ErrorCode::kInvalid,
                 fmt::format("expected debug, info, warn or error, found {}", quoted(text)));
}

std::string_view to_string(LogLevel level) {
    switch (level) {
    case LogLevel::kDebug:
        return "debug";
    case LogLevel::kInfo:
        return "info";
    case LogLevel::kWarn:
        return "warn";
    case LogLevel::kError:
        return "error";
    }
    return "info";
}

Log Log::to_stderr(LogLevel level) {
    auto logger = make_logger(level, std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_formatter(std::make_unique<spdlog::pattern_formatter>(
        "%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc));
    return Log(std::move(logger));
}

Log Log::to_sink(LogLevel level, Sink sink) {
    return Log(make_logger(level, std::make_shared<FunctionSink>(std::move(sink))));
}

void Log::debug(std::string_view event, Fields fields) const {
    write(LogLevel::kDebug, event, fields);
}

void Log::info(std::string_view event, Fields fields) const {
    write(LogLevel::kInfo, event, fields);
}

void Log::warn(std::string_view event, Fields fields) const {
    write(LogLevel::kWarn, event, fields);
}

void Log::error(std::string_view event, Fields fields) const {
    write(LogLevel::kError, event, fields);
}

void Log::set_level(LogLevel level) const {
    logger_->set_level(spdlog_level(level));
}

void Log::write(LogLevel level, std::string_view event, Fields fields) const {
    if (!logger_->should_log(spdlog_level(level)))
        return;
    std::string line(event);
    for (const LogField &field : fields) {
        line += ' ';
        line += field.key();
        line += '=';
        append_value(line, field.value());
    }
    logger_->log(spdlog_level(level), spdlog::string_view_t(line));
}

} // namespace coax
