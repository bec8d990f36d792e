// SPDX-License-Identifier: Apache-2.0
// How much work the verifier has with a program: a program that grows unnoticed is one day refused
// by the oldest kernel that is supported, on somebody else's machine.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace coax::test {

/// Instructions the verifier processed, by program.
using VerifierCounts = std::map<std::string, std::uint64_t>;
/// By kernel series: "6.1", "6.12".
using VerifierBudget = std::map<std::string, VerifierCounts>;

/// Percent by which a program may grow. A series that was never recorded is compared to the newest
/// recorded one, with twice the margin: another kernel counts otherwise.
constexpr std::uint64_t kBudgetMarginPercent = 10;

/// Aborts when the file is not there or of another shape.
VerifierBudget read_budget(const std::string &path);
void write_budget(const std::string &path, const VerifierBudget &budget);

/// "6.12.43+deb12-cloud-amd64" -> "6.12".
std::string series_of(const std::string &release);

/// "" when within the budget; else what was found, what was recorded, and how to record it.
std::string judge_budget(const VerifierBudget &budget, const std::string &series,
                         const std::string &program, std::uint64_t instructions);

} // namespace coax::test
