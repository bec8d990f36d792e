// SPDX-License-Identifier: Apache-2.0
#include "fuzz/bpf/campaign.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <utility>

namespace coax::fuzz {

namespace {

constexpr std::uint64_t kCasesPerTables = 256;
constexpr std::uint64_t kTablesStream = 0x7461626c6573ULL;

[[noreturn]] void give_up(const std::string &path, const char *why) {
    std::fprintf(stderr, "%s: %s\n", path.c_str(), why);
    std::exit(2);
}

std::string digits(const Bytes &bytes) {
    std::string out;
    for (const std::uint8_t byte : bytes)
        out += fmt::format("{:02x}", byte);
    return out;
}

void add(std::map<std::uint32_t, coax_count> &sum,
         const std::map<std::uint32_t, coax_count> &counts) {
    for (const auto &[index, count] : counts)
        sum[index].packets += count.packets;
}

} // namespace

void write_replay(const std::string &path, const Replay &replay) {
    std::ofstream file(path);
    const test::RunContext &context = replay.input.context;
    file << fmt::format("program {}\nseed {}\niteration {}\nifindex {}\ngso_size {}\ngso_segs {}\n"
                        "frame {}\n",
                        replay.program, replay.seed, replay.iteration, context.ifindex,
                        context.gso_size, context.gso_segs, digits(replay.input.frame));
    if (!file.flush())
        give_up(path, "cannot be written");
}

Replay read_replay(const std::string &path) {
    std::ifstream file(path);
    Replay replay;
    std::string frame;
    test::RunContext &context = replay.input.context;
    const auto read = [&](const char *key, auto &value) {
        std::string word;
        if (!(file >> word >> value) || word != key)
            give_up(path, fmt::format("'{}' expected", key).c_str());
    };
    read("program", replay.program);
    read("seed", replay.seed);
    read("iteration", replay.iteration);
    read("ifindex", context.ifindex);
    read("gso_size", context.gso_size);
    read("gso_segs", context.gso_segs);
    read("frame", frame);
    replay.input.frame = test::hex(frame);
    return replay;
}

void Campaign::use_tables_of(std::uint64_t iteration) {
    const std::uint64_t number = iteration / kCasesPerTables;
    if (filled_ && number == tables_number_)
        return;
    Random random(derive_seed(seed_ ^ kTablesStream, number));
    subject_.set_tables(make_tables(random, subject_.devices(), test::kernel_decapsulates_l3()));
    tables_number_ = number;
    filled_ = true;
}

std::string Campaign::step(std::uint64_t iteration) {
    use_tables_of(iteration);
    Random random(derive_seed(seed_, iteration));
    last_ = {.program = test::hook_name(subject_.hook()),
             .seed = seed_,
             .iteration = iteration,
             .input = make_case(random, subject_.tables(), subject_.devices(), subject_.hook())};
    return run(last_.input);
}

std::string Campaign::replay(const Replay &replay) {
    seed_ = replay.seed;
    use_tables_of(replay.iteration);
    last_ = replay;
    return run(last_.input);
}

std::string Campaign::run(const Case &input) {
    const Observed seen = subject_.run(input);
    ++runs_;
    if (seen.run.error != 0) { // shorter than its type promises, or longer than a page
        ++refused_;
        return {};
    }
    add(drops_, seen.run.drops);
    add(counters_, seen.run.counters);
    const std::string complaints = judge({.hook = subject_.hook(),
                                          .tables = subject_.tables(),
                                          .devices = subject_.devices(),
                                          .input = input,
                                          .seen = seen});
    if (complaints.empty())
        return {};
    std::string copies;
    for (const Sent &copy : seen.sent)
        copies += fmt::format("copy on device {}:\n{}", copy.ifindex, test::hexdump(copy.frame));
    return fmt::format("{} seed {} iteration {}\n{}ifindex {} gso_size {} gso_segs {}\n"
                       "frame ({} bytes):\n{}verdict {}\n{}{}result ({} bytes):\n{}{}tables:\n{}",
                       last_.program, last_.seed, last_.iteration, complaints,
                       input.context.ifindex, input.context.gso_size, input.context.gso_segs,
                       input.frame.size(), test::hexdump(input.frame),
                       static_cast<int>(seen.run.verdict), test::drops_text(seen.run.drops),
                       test::counters_text(seen.run.counters), seen.run.packet.size(),
                       test::hexdump(seen.run.packet), copies, text(subject_.tables()));
}

std::string Campaign::summary() const {
    std::uint64_t dropped = 0;
    for (const auto &[index, count] : drops_)
        dropped += count.packets;
    return fmt::format("{} runs, {} refused by the kernel, {} dropped\n{}{}", runs_, refused_,
                       dropped, test::drops_text(drops_), test::counters_text(counters_));
}

} // namespace coax::fuzz
