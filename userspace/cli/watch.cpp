// SPDX-License-Identifier: Apache-2.0
#include "cli/watch.h"

#include <charconv>
#include <optional>
#include <ostream>

#include "cli/format.h"

namespace coax::cli {
namespace {

constexpr const char *kClearScreen = "\x1b[H\x1b[2J";
constexpr const char *kNoValue = "true"; // what CLI11 gives a flag-like option without a value
constexpr double kDefaultSeconds = 2;
constexpr double kShortestSeconds = 0.1;
constexpr double kLongestSeconds = 86400;

std::optional<double> parse_seconds(const std::string &text) {
    if (text == kNoValue)
        return kDefaultSeconds;
    double seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    // Written so that NaN is refused as well.
    if (!(seconds >= kShortestSeconds && seconds <= kLongestSeconds))
        return std::nullopt;
    return seconds;
}

ExitCode verdict(const Block &block, bool check) {
    return check && block.degraded ? ExitCode::kDegraded : ExitCode::kOk;
}

std::string watched(const Session &session, const Block &block, bool first) {
    if (session.json())
        return dump(block.json, true);
    if (session.host().out_is_terminal)
        return kClearScreen + block.text;
    return (first ? "" : "\n") + block.text;
}

void show(const Session &session, const std::string &text) {
    session.host().out << text << std::flush;
}

ExitCode watch_rounds(const Session &session, std::chrono::milliseconds period,
                      const Round &round) {
    AgentClient client(session.socket());
    for (bool first = true;; first = false) {
        const Result<Block> block = round(client);
        if (block.ok())
            show(session, watched(session, *block, first));
        else if (first || exit_code_for(block.error()) != ExitCode::kUnreachable)
            return session.fail(block.error());
        else
            session.host().err << "coax: " << printable(block.error().message()) << std::endl;
        if (!session.host().out.good() || !session.host().pacer.wait(period))
            return ExitCode::kOk;
    }
}

} // namespace

void WatchOption::add_to(Verb verb) {
    const auto check = [](const std::string &text) {
        return parse_seconds(text) ? "" : "expected seconds between 0.1 and 86400, found " + text;
    };
    option_ = verb.add_option("-w,--watch", seconds_,
                              "Repeat every SECONDS (default 2) until interrupted")
                  .type_name("[SECONDS]")
                  .expected(0, 1)
                  .check(check);
}

std::chrono::milliseconds WatchOption::period() const {
    const double seconds = parse_seconds(seconds_).value_or(kDefaultSeconds);
    return std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::duration<double>(seconds));
}

ExitCode run_rounds(const Session &session, const WatchOption &watch, bool check,
                    const Round &round) {
    if (watch.wanted())
        return watch_rounds(session, watch.period(), round);
    AgentClient client(session.socket());
    const Result<Block> block = round(client);
    if (!block.ok())
        return session.fail(block.error());
    session.print(block->text, block->json);
    return verdict(*block, check);
}

} // namespace coax::cli
