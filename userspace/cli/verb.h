// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

// The parser is CLI11; only files that read the tree or parse with it include its headers: each
// that does compiles 11 s longer.
namespace CLI { // NOLINT(readability-identifier-naming): the name is theirs
class App;
class Option;
} // namespace CLI

namespace coax::cli {

/// Says what was expected when a value will not do; empty when it will.
using Check = std::function<std::string(const std::string &)>;

/// An option of a verb, or an argument of it. A handle: the tree owns the option.
class Option {
  public:
    Option() = default; // of none: count() is 0, the others must not be called
    explicit Option(CLI::Option *option) : option_(option) {}

    /// What help and completion call its value; "PATH" completes files, "INSTANCE" instances.
    Option type_name(const std::string &name) const;
    Option group(const std::string &name) const;
    Option required() const;
    Option expected(int count) const;
    Option expected(int at_least, int at_most) const;
    Option excludes(Option other) const;
    Option check(const Check &check) const;
    /// For int, std::uint32_t, std::uint64_t and double.
    template <typename Number>
    Option in_range(Number low, Number high) const;
    /// Help and completion show them.
    Option one_of(const std::vector<std::string> &choices) const;

    /// How often it was given.
    [[nodiscard]] std::size_t count() const;

  private:
    CLI::Option *option_ = nullptr;
};

/// A verb of the command, a verb of a verb, or the command itself. A handle, too.
class Verb {
  public:
    explicit Verb(CLI::App *app) : app_(app) {}

    [[nodiscard]] Verb add_subcommand(const std::string &name, const std::string &help) const;
    /// "-l,--long", "--long" or, of an argument, "name". Parsing stores into `value`, which must
    /// outlive it. For std::string, std::uint32_t, std::uint64_t, double and vectors of
    /// strings, std::uint32_t and std::uint64_t; an option with a vector takes one value each time
    /// it is given.
    template <typename Value>
    Option add_option(const std::string &names, Value &value, const std::string &help) const;
    Option add_flag(const std::string &names, bool &value, const std::string &help) const;

    void alias(const std::string &name) const;
    void footer(const std::string &text) const;
    /// How many verbs of its own must and may follow it.
    void require_subcommand(int at_least, int at_most) const;
    /// Whether one of its own verbs was given.
    [[nodiscard]] bool has_subcommand() const;
    /// Called when it was parsed.
    void callback(const std::function<void()> &parsed) const;

    [[nodiscard]] std::vector<Verb> subcommands() const;
    [[nodiscard]] CLI::App &app() const { return *app_; }

  private:
    CLI::App *app_;
};

} // namespace coax::cli
