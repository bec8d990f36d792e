// SPDX-License-Identifier: Apache-2.0
#include "cli/verb.h"

#include <CLI/CLI.hpp>

namespace coax::cli {
namespace {

template <typename Value>
constexpr bool kIsVector = false;
template <typename Element>
constexpr bool kIsVector<std::vector<Element>> = true;

} // namespace

Option Option::type_name(const std::string &name) const {
    option_->type_name(name);
    return *this;
}

Option Option::group(const std::string &name) const {
    option_->group(name);
    return *this;
}

Option Option::required() const {
    option_->required();
    return *this;
}

Option Option::expected(int count) const {
    option_->expected(count);
    return *this;
}

Option Option::expected(int at_least, int at_most) const {
    option_->expected(at_least, at_most);
    return *this;
}

Option Option::excludes(Option other) const {
    option_->excludes(other.option_);
    return *this;
}

Option Option::check(const Check &check) const {
    option_->check(CLI::Validator(check, ""));
    return *this;
}

template <typename Number>
Option Option::in_range(Number low, Number high) const {
    option_->check(CLI::Range(low, high).description("")); // the error says it
    return *this;
}

template Option Option::in_range(int low, int high) const;
template Option Option::in_range(std::uint32_t low, std::uint32_t high) const;
template Option Option::in_range(std::uint64_t low, std::uint64_t high) const;
template Option Option::in_range(double low, double high) const;

Option Option::one_of(const std::vector<std::string> &choices) const {
    option_->check(CLI::IsMember(choices));
    return *this;
}

std::size_t Option::count() const {
    return option_ == nullptr ? 0 : option_->count();
}

Verb Verb::add_subcommand(const std::string &name, const std::string &help) const {
    return Verb(app_->add_subcommand(name, help));
}

template <typename Value>
Option Verb::add_option(const std::string &names, Value &value, const std::string &help) const {
    CLI::Option *option = app_->add_option(names, value, help);
    if (kIsVector<Value> && option->nonpositional())
        option->allow_extra_args(false);
    return Option(option);
}

using Names = const std::string &;
using Help = const std::string &;
template Option Verb::add_option(Names, std::string &, Help) const;
template Option Verb::add_option(Names, std::uint32_t &, Help) const;
template Option Verb::add_option(Names, std::uint64_t &, Help) const;
template Option Verb::add_option(Names, double &, Help) const;
template Option Verb::add_option(Names, std::vector<std::string> &, Help) const;
template Option Verb::add_option(Names, std::vector<std::uint32_t> &, Help) const;
template Option Verb::add_option(Names, std::vector<std::uint64_t> &, Help) const;

Option Verb::add_flag(const std::string &names, bool &value, const std::string &help) const {
    return Option(app_->add_flag(names, value, help));
}

void Verb::alias(const std::string &name) const {
    app_->alias(name);
}

void Verb::footer(const std::string &text) const {
    app_->footer(text);
}

void Verb::require_subcommand(int at_least, int at_most) const {
    app_->require_subcommand(static_cast<std::size_t>(at_least), static_cast<std::size_t>(at_most));
}

bool Verb::has_subcommand() const {
    return !app_->get_subcommands().empty();
}

void Verb::callback(const std::function<void()> &parsed) const {
    app_->callback(parsed);
}

std::vector<Verb> Verb::subcommands() const {
    std::vector<Verb> verbs;
    for (CLI::App *app : app_->get_subcommands({}))
        verbs.emplace_back(app);
    return verbs;
}

} // namespace coax::cli
