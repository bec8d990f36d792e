// SPDX-License-Identifier: Apache-2.0
#include "bpf/verifier_budget.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace coax::test {

namespace {

std::pair<unsigned long, unsigned long> numbers_of(const std::string &series) {
    char *end = nullptr;
    const unsigned long major = std::strtoul(series.c_str(), &end, 10);
    return {major, *end == '.' ? std::strtoul(end + 1, nullptr, 10) : 0};
}

/// The newest series of the table; "" when it is empty.
std::string newest(const VerifierBudget &budget) {
    std::string found;
    for (const auto &[series, counts] : budget)
        if (found.empty() || numbers_of(series) > numbers_of(found))
            found = series;
    return found;
}

} // namespace

VerifierBudget read_budget(const std::string &path) {
    std::ifstream file(path);
    const auto json = nlohmann::json::parse(file, nullptr, false);
    if (!json.is_object()) {
        std::fprintf(stderr, "%s: expected a table of kernel series\n", path.c_str());
        std::abort();
    }
    return json.get<VerifierBudget>();
}

void write_budget(const std::string &path, const VerifierBudget &budget) {
    std::ofstream(path) << nlohmann::json(budget).dump(4) << '\n';
}

std::string series_of(const std::string &release) {
    const auto [major, minor] = numbers_of(release);
    return fmt::format("{}.{}", major, minor);
}

std::string judge_budget(const VerifierBudget &budget, const std::string &series,
                         const std::string &program, std::uint64_t instructions) {
    static constexpr const char *kRecord =
        "if that is worth it, record it: "
        "COAX_RECORD_VERIFIER_BUDGET=tests/bpf/verifier_budget.json "
        "test_bpf_verifier_budget (in a guest: see tests/bpf/README.md)";
    const bool known = budget.contains(series);
    const std::string reference = known ? series : newest(budget);
    const auto counts = budget.find(reference);
    if (counts == budget.end() || !counts->second.contains(program))
        return fmt::format("{} on {}: {} instructions verified, none recorded; {}", program, series,
                           instructions, kRecord);
    const std::uint64_t recorded = counts->second.at(program);
    const std::uint64_t margin = kBudgetMarginPercent * (known ? 1 : 2);
    if (instructions * 100 <= recorded * (100 + margin))
        return {};
    return fmt::format("{} on {}: {} instructions verified, {} recorded for {}: more than {} % "
                       "growth; {}",
                       program, series, instructions, recorded, reference, margin, kRecord);
}

} // namespace coax::test
