// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <memory>

#include <gmock/gmock.h>

#include "unit/cli/fixture.h"

namespace coax::test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Not;

std::string output_of(const std::string &command) {
    const auto close = [](FILE *pipe) { ::pclose(pipe); };
    const std::unique_ptr<FILE, decltype(close)> pipe(::popen(command.c_str(), "r"), close);
    std::string text;
    std::array<char, 4096> buffer{};
    while (pipe && std::fgets(buffer.data(), buffer.size(), pipe.get()) != nullptr)
        text += buffer.data();
    return text;
}

class Completion : public CliTest {
  protected:
    std::string script(const std::string &shell) {
        EXPECT_EQ(coax({"completion", shell}), 0);
        EXPECT_EQ(err, "");
        return out;
    }
    /// What bash offers after `words`, the last of which is being typed.
    std::string bash_offers(const std::string &words, int count) {
        const TempDir dir;
        const std::string path = dir.path() / "complete.bash";
        std::ofstream(path) << script("bash") << "COMP_WORDS=(" << words
                            << ")\nCOMP_CWORD=" << count - 1
                            << "\n_coax\necho \"${COMPREPLY[*]}\"\n";
        return output_of("bash " + path + " 2>&1");
    }
};

TEST_F(Completion, describes_the_tree_that_parses) {
    cli::CommonOptions common;
    cli::Action action;
    const auto app = cli::make_app(common, action);
    const cli::CommandSpec spec = cli::describe(cli::Verb(app.get()));
    const auto verb = [&](const std::string &name) {
        const auto found = std::find_if(spec.verbs.begin(), spec.verbs.end(),
                                        [&](const auto &one) { return one.name == name; });
        return found == spec.verbs.end() ? cli::VerbSpec() : *found;
    };
    EXPECT_EQ(spec.verbs[0].name, "status");
    const auto option = [](const char *name, cli::Value value) {
        return Contains(
            AllOf(Field(&cli::OptionSpec::long_name, name), Field(&cli::OptionSpec::value, value)));
    };
    EXPECT_THAT(spec.verbs[0].options,
                AllOf(option("--watch", cli::Value::kOptional),
                      option("--check", cli::Value::kNone), option("--socket", cli::Value::kPath),
                      option("--instance", cli::Value::kInstance)));
    EXPECT_THAT(verb("fdb").options, option("--limit", cli::Value::kText));
    EXPECT_THAT(verb("completion").words, ElementsAre("bash", "fish", "zsh"));
    EXPECT_FALSE(verb("completion").paths);
    EXPECT_THAT(verb("nodes").words, ElementsAre("approve", "show", "remove"));
    EXPECT_THAT(verb("ca").words, ElementsAre("init", "sign", "revoke", "show"));
    EXPECT_TRUE(verb("ca").paths);
    const auto &options = verb("ca").options;
    EXPECT_EQ(std::count_if(options.begin(), options.end(),
                            [](const auto &one) { return one.long_name == "--ca"; }),
              1);
    EXPECT_THAT(options, option("--valid", cli::Value::kText));
}

TEST_F(Completion, names_every_verb_and_option_in_every_shell) {
    cli::CommonOptions common;
    cli::Action action;
    const auto app = cli::make_app(common, action);
    for (const char *shell : {"bash", "zsh", "fish"}) {
        const std::string text = script(shell);
        const std::string dashes = std::string(shell) == "fish" ? "-l " : "--";
        for (const cli::VerbSpec &verb : cli::describe(cli::Verb(app.get())).verbs) {
            EXPECT_THAT(text, HasSubstr(verb.name)) << shell;
            for (const cli::OptionSpec &option : verb.options)
                EXPECT_THAT(text, HasSubstr(dashes + option.long_name.substr(2))) << shell;
        }
    }
}

TEST_F(Completion, of_bash_offers_verbs_options_and_choices) {
    EXPECT_THAT(bash_offers("coax ''", 2), AllOf(HasSubstr("status"), HasSubstr("completion")));
    EXPECT_EQ(bash_offers("coax pe", 2), "peers\n");
    EXPECT_EQ(bash_offers("coax status --ch", 3), "--check\n");
    EXPECT_EQ(bash_offers("coax fdb --w", 3), "--watch --wide\n");
    EXPECT_EQ(bash_offers("coax completion f", 3), "fish\n");
    EXPECT_EQ(bash_offers("coax fdb --limit 1", 4), "\n");
    const TempDir dir;
    std::ofstream(dir.path() / "agent.sock") << "";
    EXPECT_EQ(bash_offers("coax --socket " + dir.path().string() + "/ag", 3),
              dir.path().string() + "/agent.sock\n");
    EXPECT_EQ(bash_offers("coax --socket status dr", 4), "drops\n") << "a value is no verb";
    EXPECT_THAT(bash_offers("coax key --", 3), Not(HasSubstr("--watch")));
    EXPECT_EQ(bash_offers("coax ca si", 3), "sign\n");
    EXPECT_EQ(bash_offers("coax ca sign --val", 4), "--valid\n");
    EXPECT_EQ(bash_offers("coax ca show " + dir.path().string() + "/ag", 4),
              dir.path().string() + "/agent.sock\n");
}

TEST_F(Completion, of_zsh_and_fish_offers_files_where_they_are_arguments) {
    EXPECT_THAT(script("zsh"), HasSubstr("'1: :(init sign revoke show)' \\\n        "
                                         "'*:file:_files'"));
    EXPECT_THAT(script("fish"),
                HasSubstr("complete -c coax -n '__fish_seen_subcommand_from ca' -F"));
    EXPECT_THAT(script("fish"),
                Not(HasSubstr("complete -c coax -n '__fish_seen_subcommand_from key' -F")));
}

TEST_F(Completion, is_json_too) {
    ASSERT_EQ(coax({"completion", "zsh", "--json"}), 0);
    EXPECT_THAT(out, HasSubstr("\"shell\": \"zsh\""));
}

} // namespace
} // namespace coax::test
