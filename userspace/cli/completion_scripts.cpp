// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/completion.h"

namespace coax::cli {
namespace {

constexpr std::string_view kListInstances = "command ls /run/coax 2>/dev/null";

std::vector<std::string> names_of(const OptionSpec &option) {
    std::vector<std::string> names;
    for (const std::string &name : {option.short_name, option.long_name}) {
        if (!name.empty())
            names.push_back(name);
    }
    return names;
}

/// A single-quoted shell word.
std::string single_quoted(std::string_view text) {
    std::string out = "'";
    for (const char c : text)
        out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

/// zsh reads ':', '[' and ']' of a specification itself.
std::string zsh_text(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == ':' || c == '[' || c == ']')
            out.push_back('\\');
        out.push_back(c);
    }
    return out;
}

/// Options of the command and its verbs that take such a value, as a shell pattern "-i|--instance".
std::string pattern(const CommandSpec &command, const std::vector<Value> &wanted) {
    std::vector<std::string> names;
    const auto collect = [&](const std::vector<OptionSpec> &options) {
        for (const OptionSpec &option : options) {
            if (std::find(wanted.begin(), wanted.end(), option.value) == wanted.end())
                continue;
            for (const std::string &name : names_of(option)) {
                if (std::find(names.begin(), names.end(), name) == names.end())
                    names.push_back(name);
            }
        }
    };
    collect(command.options);
    for (const VerbSpec &verb : command.verbs)
        collect(verb.options);
    return fmt::format("{}", fmt::join(names, "|"));
}

/// One arm of a bash case; nothing when the pattern is empty.
std::string bash_arm(const std::string &pattern, const std::string &body) {
    return pattern.empty() ? "" : fmt::format("    {}) {} ;;\n", pattern, body);
}

std::string bash_words(const std::vector<OptionSpec> &options, std::vector<std::string> words) {
    for (const OptionSpec &option : options) {
        for (const std::string &name : names_of(option))
            words.push_back(name);
    }
    return fmt::format("words='{}'", fmt::join(words, " "));
}

std::vector<std::string> verb_names(const CommandSpec &command) {
    std::vector<std::string> names;
    for (const VerbSpec &verb : command.verbs)
        names.push_back(verb.name);
    return names;
}

std::string zsh_value(const OptionSpec &option) {
    const std::string_view separator = option.value == Value::kOptional ? "::" : ":";
    const std::string head = fmt::format("{}{}:", separator, zsh_text(option.type));
    switch (option.value) {
    case Value::kNone:
        return "";
    case Value::kPath:
        return head + "_files";
    case Value::kInstance:
        return fmt::format("{}($({}))", head, kListInstances);
    case Value::kOptional:
    case Value::kText:
        break;
    }
    return head + " ";
}

std::string zsh_option(const OptionSpec &option) {
    const std::string text = single_quoted("[" + zsh_text(option.help) + "]" + zsh_value(option));
    const std::vector<std::string> names = names_of(option);
    if (names.size() == 1)
        return names.front() + text;
    return fmt::format("'({})'{{{}}}{}", fmt::join(names, " "), fmt::join(names, ","), text);
}

/// Arguments of _arguments, one per line.
std::string zsh_options(const std::vector<OptionSpec> &options) {
    std::string out;
    for (const OptionSpec &option : options)
        out += fmt::format(" \\\n        {}", zsh_option(option));
    return out;
}

std::string zsh_verb(const VerbSpec &verb) {
    std::string words;
    if (!verb.words.empty())
        words = fmt::format(" \\\n        '1: :({})'", fmt::join(verb.words, " "));
    if (verb.paths)
        words += " \\\n        '*:file:_files'";
    return fmt::format("    {})\n        _arguments{}{} ;;\n", verb.name, zsh_options(verb.options),
                       words);
}

std::string fish_option(const CommandSpec &command, const std::string &condition,
                        const OptionSpec &option) {
    std::string out = fmt::format("complete -c {} -n {}", command.name, single_quoted(condition));
    if (!option.short_name.empty())
        out += " -s " + option.short_name.substr(1);
    if (!option.long_name.empty())
        out += " -l " + option.long_name.substr(2);
    if (option.value == Value::kPath)
        out += " -r -F";
    if (option.value == Value::kText || option.value == Value::kInstance)
        out += " -x";
    if (option.value == Value::kInstance)
        out += fmt::format(" -a '({})'", kListInstances);
    return out + " -d " + single_quoted(option.help) + "\n";
}

} // namespace

std::string bash_completion(const CommandSpec &command) {
    constexpr std::string_view kReply = "COMPREPLY=($(compgen {} -- \"$cur\")) && return";
    const std::string verbs = fmt::format("{}", fmt::join(verb_names(command), "|"));
    const std::string skip =
        bash_arm(pattern(command, {Value::kText, Value::kPath, Value::kInstance}), "i=$((i + 1))");
    const std::string instances = fmt::format("-W \"$({})\"", kListInstances);
    const std::string values =
        bash_arm(pattern(command, {Value::kInstance}),
                 fmt::format(fmt::runtime(kReply), instances)) +
        bash_arm(pattern(command, {Value::kPath}), fmt::format(fmt::runtime(kReply), "-f")) +
        bash_arm(pattern(command, {Value::kText}), "return");
    std::string words;
    for (const VerbSpec &verb : command.verbs)
        words += bash_arm(verb.name,
                          bash_words(verb.options, verb.words) + (verb.paths ? " paths=-f" : ""));
    words += bash_arm("*", bash_words(command.options, verb_names(command)));
    return fmt::format(R"(# bash completion of {0}, made by `{0} completion bash`
_{0}() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD - 1]}} verb= words= paths= i
    [[ $prev == "=" ]] && prev=${{COMP_WORDS[COMP_CWORD - 2]}}
    [[ $cur == "=" ]] && cur=
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${{COMP_WORDS[i]}} in
    {1}    {2}) verb=${{COMP_WORDS[i]}} && break ;;
        esac
    done
    COMPREPLY=()
    case $prev in
{3}    esac
    case $verb in
{4}    esac
    COMPREPLY=($(compgen $paths -W "$words" -- "$cur"))
}}
complete -F _{0} {0}
)",
                       command.name, skip, verbs, values, words);
}

std::string zsh_completion(const CommandSpec &command) {
    std::string verbs;
    std::string arms;
    for (const VerbSpec &verb : command.verbs) {
        verbs += fmt::format("        {}\n", single_quoted(verb.name + ":" + zsh_text(verb.help)));
        arms += zsh_verb(verb);
    }
    return fmt::format(R"(#compdef {0}
# zsh completion of {0}, made by `{0} completion zsh`
_{0}() {{
    local context state state_descr line
    typeset -A opt_args
    local -a verbs=(
{1}    )
    _arguments -C{2} \
        '1: :->verb' '*:: :->argument'
    if [[ $state == verb ]]; then
        _describe verb verbs
        return
    fi
    [[ $state == argument ]] || return
    case $words[1] in
{3}    esac
}}
if [[ $funcstack[1] == _{0} ]]; then
    _{0} "$@"
else
    compdef _{0} {0}
fi
)",
                       command.name, verbs, zsh_options(command.options), arms);
}

std::string fish_completion(const CommandSpec &command) {
    std::string out = fmt::format("# fish completion of {0}, made by `{0} completion fish`\n"
                                  "complete -c {0} -f\n",
                                  command.name);
    for (const OptionSpec &option : command.options)
        out += fish_option(command, "__fish_use_subcommand", option);
    for (const VerbSpec &verb : command.verbs) {
        const std::string condition = "__fish_seen_subcommand_from " + verb.name;
        out += fmt::format("complete -c {} -n __fish_use_subcommand -a {} -d {}\n", command.name,
                           verb.name, single_quoted(verb.help));
        if (verb.paths)
            out += fmt::format("complete -c {} -n {} -F\n", command.name, single_quoted(condition));
        if (!verb.words.empty()) {
            out +=
                fmt::format("complete -c {} -n {} -a {}\n", command.name, single_quoted(condition),
                            single_quoted(fmt::format("{}", fmt::join(verb.words, " "))));
        }
        for (const OptionSpec &option : verb.options)
            out += fish_option(command, condition, option);
    }
    return out;
}

} // namespace coax::cli
