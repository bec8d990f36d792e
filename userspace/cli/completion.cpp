// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include <algorithm>
#include <map>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/verbs.h"

namespace coax::cli {
namespace {

/// "{bash,fish,zsh}" somewhere in a type's name: the choices CLI11 checks against.
std::vector<std::string> choices_of(const CLI::Option &option) {
    const std::string type = option.get_type_name();
    const std::size_t open = type.find('{');
    const std::size_t close = type.find('}', open);
    if (open == std::string::npos || close == std::string::npos)
        return {};
    return CLI::detail::split(type.substr(open + 1, close - open - 1), ',');
}

Value value_of(const CLI::Option &option) {
    if (option.get_items_expected_max() == 0)
        return Value::kNone;
    if (option.get_items_expected_min() == 0)
        return Value::kOptional;
    if (option.get_type_name() == "PATH")
        return Value::kPath;
    return option.get_type_name() == "INSTANCE" ? Value::kInstance : Value::kText;
}

OptionSpec describe_option(const CLI::Option &option) {
    OptionSpec spec;
    if (!option.get_snames().empty())
        spec.short_name = "-" + option.get_snames().front();
    if (!option.get_lnames().empty())
        spec.long_name = "--" + option.get_lnames().front();
    spec.help = option.get_description();
    spec.value = value_of(option);
    if (spec.value != Value::kNone)
        spec.type = option.get_type_name();
    return spec;
}

/// Once each: the verbs of a verb share options with it.
void add_option(std::vector<OptionSpec> &options, OptionSpec option) {
    const bool known = std::any_of(options.begin(), options.end(), [&](const OptionSpec &other) {
        return other.long_name == option.long_name && other.short_name == option.short_name;
    });
    if (!known)
        options.push_back(std::move(option));
}

void add_words(std::vector<std::string> &words, const std::vector<std::string> &more) {
    words.insert(words.end(), more.begin(), more.end());
}

void describe_options(const CLI::App &app, VerbSpec &spec) {
    for (const CLI::Option *option : app.get_options()) {
        if (option->nonpositional())
            add_option(spec.options, describe_option(*option));
        else if (option->get_type_name() == "PATH")
            spec.paths = true;
        else
            add_words(spec.words, choices_of(*option));
    }
}

VerbSpec describe_verb(const CLI::App &verb) {
    VerbSpec spec{verb.get_name(), verb.get_description(), {}, {}, false};
    describe_options(verb, spec);
    for (const CLI::App *nested : verb.get_subcommands([](const CLI::App *) { return true; })) {
        spec.words.push_back(nested->get_name());
        describe_options(*nested, spec);
    }
    return spec;
}

using Generator = std::string (*)(const CommandSpec &);

ExitCode run(const Session &session, const std::string &shell, const CommandSpec &command) {
    static const std::map<std::string, Generator> kGenerators = {
        {"bash", bash_completion}, {"fish", fish_completion}, {"zsh", zsh_completion}};
    const std::string script = kGenerators.at(shell)(command);
    session.print(script, {{"shell", shell}, {"script", script}});
    return ExitCode::kOk;
}

} // namespace

CommandSpec describe(Verb root) {
    const CLI::App &app = root.app();
    CommandSpec command{app.get_name(), {}, {}};
    for (const CLI::Option *option : app.get_options())
        command.options.push_back(describe_option(*option));
    for (const CLI::App *verb : app.get_subcommands([](const CLI::App *) { return true; }))
        command.verbs.push_back(describe_verb(*verb));
    return command;
}

void add_completion(Verb app, Action &action) {
    auto shell = std::make_shared<std::string>();
    const Verb verb = app.add_subcommand("completion", "Completion script for a shell");
    verb.add_option("shell", *shell, "For which shell")
        .required()
        .type_name("")
        .one_of({"bash", "fish", "zsh"});
    verb.callback([shell, app, &action] {
        action = [shell, app](const Session &session) {
            return run(session, *shell, describe(app));
        };
    });
}

} // namespace coax::cli
