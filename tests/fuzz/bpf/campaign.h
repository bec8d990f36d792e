// SPDX-License-Identifier: Apache-2.0
// The cases of one program in the order of a seed, judged one by one.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "fuzz/bpf/subject.h"

namespace coax::fuzz {

/// A case in a file, enough to run it again: the tables follow from seed and iteration.
struct Replay {
    std::string program;
    std::uint64_t seed = 0;
    std::uint64_t iteration = 0;
    Case input;
};
/// Both abort with the reason when the file is not there or not a replay.
void write_replay(const std::string &path, const Replay &replay);
Replay read_replay(const std::string &path);

class Campaign {
  public:
    Campaign(coax_hook hook, std::uint64_t seed) : subject_(hook), seed_(seed) {}

    /// Runs the case of this number; "" or what was wrong with everything needed to see why.
    std::string step(std::uint64_t iteration);
    std::string replay(const Replay &replay);
    /// The case of the last step.
    [[nodiscard]] Replay last() const { return last_; }
    /// "drops/reason 17" per line, and how many runs went on or were refused by the kernel.
    [[nodiscard]] std::string summary() const;
    /// No run was one: whatever is judged, nothing was.
    [[nodiscard]] bool ran_nothing() const { return runs_ == refused_; }

  private:
    void use_tables_of(std::uint64_t iteration);
    std::string run(const Case &input);

    Subject subject_;
    std::uint64_t seed_;
    std::uint64_t tables_number_ = 0;
    bool filled_ = false;
    Replay last_;
    std::uint64_t runs_ = 0;
    std::uint64_t refused_ = 0;
    std::map<std::uint32_t, coax_count> drops_;
    std::map<std::uint32_t, coax_count> counters_;
};

} // namespace coax::fuzz
