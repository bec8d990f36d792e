// SPDX-License-Identifier: Apache-2.0
// bench_programs [--quick]: nanoseconds of every program of the data path per kind of packet, FDB
// entries and nodes, as JSON on standard output. Needs root. What is measured: README.md beside.
#include <arpa/inet.h>
#include <sys/utsname.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "bench/programs/kinds.h"
#include "bench/programs/scene.h"
#include "bench/programs/timing.h"
#include "harness/bpf_run_net.h"

namespace coax::bench {
namespace {

constexpr std::array kHooks = {COAX_HOOK_TC_PORT, COAX_HOOK_TC_LANE, COAX_HOOK_TC_HANDOVER,
                               COAX_HOOK_TC_UPLINK, COAX_HOOK_XDP_UPLINK};
// The mesh of one node has one endpoint per entry all the same.
constexpr std::array<Size, 6> kSizes = {{{1'000, 1},
                                         {1'000, 100},
                                         {1'000, 10'000},
                                         {1'000'000, 1},
                                         {1'000'000, 100},
                                         {1'000'000, 10'000}}};
constexpr Size kOnlySize = {.fdb_entries = 1, .nodes = 1}; // where neither matters
constexpr std::size_t kPackets = 1024; // to different endpoints, so that their entries are not all
                                       // in the nearest cache
constexpr int kRepeat = 200;           // where the packet stays as it was
// Packets to a program without tables are alike: one is repeated as often instead. Every call that
// runs an XDP program waits for an RCU grace period (bpf_prog_change_xdp of kernel/bpf/dispatcher.c).
constexpr int kRepeatAlike = 100'000;
constexpr int kRounds = 7;
constexpr int kRoundsQuick = 3;

bool sized(coax_hook hook) {
    return hook == COAX_HOOK_TC_PORT || hook == COAX_HOOK_TC_LANE;
}

/// One line of the result: a kind of packet on a scene.
struct Line {
    const Kind *kind;
    const Scene *scene;
    std::vector<test::Bytes> packets;
    std::vector<double> rounds; // ns, that of the empty program taken off
};

std::vector<test::Bytes> make_packets(const Kind &kind, Size size) {
    std::mt19937 random(1); // NOLINT: the same packets in every run
    std::uniform_int_distribution<std::uint32_t> any(0, size.fdb_entries - 1);
    std::vector<test::Bytes> packets;
    const bool alike = !sized(kind.hook) && !kind.changes_packet;
    for (std::size_t i = 0; i < (alike ? 1 : kPackets); ++i) {
        const std::uint32_t index = any(random);
        const in_addr vtep{.s_addr = node_vtep_be(index % size.nodes)};
        std::array<char, INET_ADDRSTRLEN> text{};
        ::inet_ntop(AF_INET, &vtep, text.data(), text.size());
        packets.push_back(kind.packet(index, text.data()).bytes());
    }
    return packets;
}

/// Median over all packets; checks each verdict, as a drop would be fast.
double time_packets(const Line &line, int fd, bool empty) {
    const int repeat = line.kind->changes_packet  ? 1
                       : line.packets.size() == 1 ? kRepeatAlike
                                                  : kRepeat;
    std::vector<double> times;
    for (const test::Bytes &packet : line.packets) {
        const Timed timed = time_once(fd, packet, repeat);
        if (!empty && timed.verdict != line.kind->verdict) {
            std::fprintf(stderr, "bench_programs: %s %s: expected verdict %u, found %u\n",
                         test::hook_name(line.kind->hook), line.kind->name.c_str(),
                         line.kind->verdict, timed.verdict);
            std::exit(EXIT_FAILURE); // NOLINT: one thread
        }
        times.push_back(timed.ns);
    }
    return median(times);
}

void time_hook(coax_hook hook, int rounds, nlohmann::json &rows) {
    const bool xdp = hook == COAX_HOOK_XDP_UPLINK;
    const int empty = load_empty_program(xdp);
    std::vector<std::unique_ptr<Scene>> scenes;
    for (const Size size : sized(hook) ? std::vector<Size>(kSizes.begin(), kSizes.end())
                                       : std::vector<Size>{kOnlySize})
        scenes.push_back(std::make_unique<Scene>(hook, size));
    const std::vector<Kind> all = kinds();
    std::vector<Line> lines;
    for (const Kind &kind : all) {
        for (const auto &scene : scenes) {
            if (kind.hook == hook)
                lines.push_back({&kind, scene.get(), make_packets(kind, scene->size()), {}});
        }
    }
    for (int round = 0; round < rounds; ++round) {
        for (Line &line : lines) {
            const double called = time_packets(line, empty, true);
            const int fd = line.scene->program().program_fd();
            line.rounds.push_back(time_packets(line, fd, false) - called);
        }
    }
    for (const Line &line : lines)
        rows.push_back({{"program", test::hook_name(hook)},
                        {"task", line.kind->task},
                        {"packet", line.kind->name},
                        {"fdb_entries", sized(hook) ? line.scene->size().fdb_entries : 0},
                        {"nodes", sized(hook) ? line.scene->size().nodes : 0},
                        {"repeated", !line.kind->changes_packet},
                        {"ns", median(line.rounds)},
                        {"rounds_ns", line.rounds}});
}

int run(bool quick) {
    const test::ScratchNetns netns;
    utsname system{};
    ::uname(&system);
    nlohmann::json rows = nlohmann::json::array();
    for (const coax_hook hook : kHooks)
        time_hook(hook, quick ? kRoundsQuick : kRounds, rows);
    const nlohmann::json result = {{"kernel", system.release}, {"rows", rows}};
    std::printf("%s\n", result.dump(1).c_str());
    return EXIT_SUCCESS;
}

int print_warnings(libbpf_print_level level, const char *format, va_list arguments) {
    return level == LIBBPF_WARN ? std::vfprintf(stderr, format, arguments) : 0;
}

} // namespace
} // namespace coax::bench

int main(int argc, char **argv) {
    const bool quick = argc == 2 && std::string_view(argv[1]) == "--quick";
    if (argc > 2 || (argc == 2 && !quick)) {
        std::fprintf(stderr, "usage: bench_programs [--quick]\n");
        return 2;
    }
    libbpf_set_print(coax::bench::print_warnings);
    return coax::bench::run(quick);
}
