// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <string>

namespace coax {

/// A right configuration of 45 numbered lines; good_config.cpp shows the numbers.
std::string good_config();

/// One line of good_config() replaced (by any number of lines), and how the error then begins.
struct BadRow {
    const char *name;
    int line;
    std::string replacement;
    std::string error; // after "coax.toml:"
};
inline void PrintTo(const BadRow &row, std::ostream *out) {
    *out << row.name;
}

/// parse_config of the changed file fails and its message begins as the row says.
void expect_refused(const BadRow &row);

} // namespace coax
