// SPDX-License-Identifier: Apache-2.0
// fuzz_bpf: random and spoilt frames through the loaded programs, everything they do judged. Needs
// root.
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <random>
#include <string_view>

#include "fuzz/bpf/campaign.h"

namespace {

using coax::fuzz::Campaign;

constexpr const char *kUsage =
    "usage: fuzz_bpf --program NAME [--seconds N] [--iterations N] [--seed N] [--first N]\n"
    "                [--out FOLDER]\n"
    "       fuzz_bpf --replay FILE\n"
    "  --program     tc_port, tc_lane, tc_handover, tc_uplink or xdp_uplink\n"
    "  --seconds     stop after this time (default 10)\n"
    "  --iterations  stop after this many runs (default: no limit)\n"
    "  --seed        default: a random one, printed\n"
    "  --first       number of the first run: with --seed, the iteration of a message\n"
    "  --out         where the case of a failure is written (default: the current folder)\n";

struct Options {
    std::string program;
    std::uint64_t seconds = 10;
    std::uint64_t iterations = UINT64_MAX;
    std::uint64_t first = 0;
    std::uint64_t seed = std::random_device{}();
    std::string out = ".";
    std::string replay;
};

bool parse_number(std::string_view text, std::uint64_t &number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

bool take(Options &options, std::string_view name, const char *value) {
    if (name == "--program")
        options.program = value;
    else if (name == "--out")
        options.out = value;
    else if (name == "--replay")
        options.replay = value;
    else if (name == "--seconds")
        return parse_number(value, options.seconds);
    else if (name == "--iterations")
        return parse_number(value, options.iterations);
    else if (name == "--first")
        return parse_number(value, options.first);
    else if (name == "--seed")
        return parse_number(value, options.seed);
    else
        return false;
    return true;
}

std::optional<Options> parse(int argc, char **argv) {
    Options options;
    if (argc % 2 == 0)
        return std::nullopt;
    for (int i = 1; i + 1 < argc; i += 2)
        if (!take(options, argv[i], argv[i + 1]))
            return std::nullopt;
    if (options.program.empty() == options.replay.empty())
        return std::nullopt;
    return options;
}

std::optional<coax_hook> hook_of(const std::string &program) {
    for (const coax_hook hook : {COAX_HOOK_TC_PORT, COAX_HOOK_TC_LANE, COAX_HOOK_TC_HANDOVER,
                                 COAX_HOOK_TC_UPLINK, COAX_HOOK_XDP_UPLINK})
        if (program == coax::test::hook_name(hook))
            return hook;
    return std::nullopt;
}

int report(const Campaign &campaign, const std::string &failure, const std::string &folder) {
    std::filesystem::create_directories(folder);
    const auto replay = campaign.last();
    const std::string path =
        fmt::format("{}/{}-{}-{}.replay", folder, replay.program, replay.seed, replay.iteration);
    coax::fuzz::write_replay(path, replay);
    std::printf("%s\nFAILED, again with: fuzz_bpf --replay %s\n", failure.c_str(), path.c_str());
    return 1;
}

int fuzz(const Options &options, coax_hook hook) {
    std::printf("%s seed %llu\n", options.program.c_str(),
                static_cast<unsigned long long>(options.seed));
    Campaign campaign(hook, options.seed);
    const auto start = std::chrono::steady_clock::now();
    const auto end = start + std::chrono::seconds(options.seconds);
    std::uint64_t done = 0;
    while (done < options.iterations && std::chrono::steady_clock::now() < end) {
        const std::string failure = campaign.step(options.first + done);
        ++done;
        if (!failure.empty())
            return report(campaign, failure, options.out);
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    std::printf("%.0f per second, %s", static_cast<double>(done) / took.count(),
                campaign.summary().c_str());
    if (campaign.ran_nothing())
        std::printf("FAILED: the kernel refused every run\n");
    return campaign.ran_nothing() ? 1 : 0;
}

int replay(const std::string &path) {
    const coax::fuzz::Replay replay = coax::fuzz::read_replay(path);
    const auto hook = hook_of(replay.program);
    if (!hook) {
        std::fprintf(stderr, "%s: no such program: %s\n", path.c_str(), replay.program.c_str());
        return 2;
    }
    Campaign campaign(*hook, replay.seed);
    const std::string failure = campaign.replay(replay);
    std::printf("%s\n", failure.empty() ? "nothing wrong" : failure.c_str());
    return failure.empty() ? 0 : 1;
}

} // namespace

int main(int argc, char **argv) {
    const auto options = parse(argc, argv);
    const auto hook = options ? hook_of(options->program) : std::nullopt;
    if (!options || (options->replay.empty() && !hook)) {
        std::fputs(kUsage, stderr);
        return 2;
    }
    return options->replay.empty() ? fuzz(*options, *hook) : replay(options->replay);
}
