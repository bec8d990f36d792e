// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/verb.h"

namespace coax::cli {

/// What may follow an option.
enum class Value { kNone, kOptional, kText, kPath, kInstance };

/// The command line as completion sees it, read from the tree that parses it.
struct OptionSpec {
    std::string short_name; // "-j" or empty
    std::string long_name;  // "--json" or empty
    std::string help;
    std::string type; // "COUNT", "PATH", ...; empty for a flag
    Value value = Value::kNone;
};

struct VerbSpec {
    std::string name;
    std::string help;
    std::vector<OptionSpec> options;
    std::vector<std::string> words; // choices of the positional argument, or verbs of its own
    bool paths = false;             // an argument is a file
};

struct CommandSpec {
    std::string name;
    std::vector<OptionSpec> options;
    std::vector<VerbSpec> verbs;
};

CommandSpec describe(Verb root);

std::string bash_completion(const CommandSpec &command);
std::string zsh_completion(const CommandSpec &command);
std::string fish_completion(const CommandSpec &command);

} // namespace coax::cli
