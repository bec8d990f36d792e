// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "unit/cli/fixture.h"

namespace coax::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Json = nlohmann::json;

class Down : public CliTest {
  protected:
    void serve_agent_with_two_things() {
        agent.down.add_removed("lane 0 (coax-wg0)");
        agent.down.add_removed("port red-c1 (coax-p12ab)");
        serve();
    }
};

TEST_F(Down, lets_the_agent_remove_and_prints_what_went) {
    serve_agent_with_two_things();
    EXPECT_EQ(coax({"down"}), 0);
    EXPECT_EQ(out, "removed lane 0 (coax-wg0)\n"
                   "removed port red-c1 (coax-p12ab)\n"
                   "the agent has stopped\n");
    EXPECT_EQ(agent.down_calls, 1);
    EXPECT_THAT(leftovers.asked, IsEmpty());
}

TEST_F(Down, asks_on_a_terminal) {
    serve_agent_with_two_things();
    in_is_terminal = true;
    for (const char *answer : {"", "n\n", "\n", "no way\n"}) {
        typed = answer;
        EXPECT_EQ(coax({"down"}), 1);
        EXPECT_EQ(out, "");
        EXPECT_THAT(err, HasSubstr("nothing was removed"));
    }
    EXPECT_EQ(agent.down_calls, 0);
    typed = "y\n";
    EXPECT_EQ(coax({"down"}), 0);
    EXPECT_THAT(err, HasSubstr("of instance coax? Its traffic stops. [y/N] "));
    EXPECT_EQ(agent.down_calls, 1);
}

TEST_F(Down, does_not_ask_with_yes) {
    serve_agent_with_two_things();
    in_is_terminal = true;
    EXPECT_EQ(coax({"down", "--yes"}), 0);
    EXPECT_EQ(err, "");
}

TEST_F(Down, removes_what_a_dead_agent_left) {
    leftovers.answer = cli::LeftoverReport{{"lane 0 (n1-wg0, wireguard)"}, {}};
    EXPECT_EQ(coax({"down", "--instance", "n1"}), 0);
    EXPECT_THAT(leftovers.asked, ElementsAre("n1 " + run_dir_of("n1")));
    EXPECT_EQ(out, "removed lane 0 (n1-wg0, wireguard)\n");
}

TEST_F(Down, asks_before_it_removes_what_a_dead_agent_left) {
    in_is_terminal = true;
    typed = "n\n";
    EXPECT_EQ(coax({"down"}), 1);
    EXPECT_THAT(err, HasSubstr("No agent answers at " + socket_of("coax")));
    EXPECT_THAT(leftovers.asked, IsEmpty());
}

TEST_F(Down, says_when_nothing_was_left) {
    EXPECT_EQ(coax({"down"}), 0);
    EXPECT_EQ(out, "instance coax has nothing here\n");
}

TEST_F(Down, fails_when_something_stayed) {
    leftovers.answer = cli::LeftoverReport{{"a"}, {"b: device is busy"}};
    EXPECT_EQ(coax({"down"}), 1);
    EXPECT_EQ(out, "removed a\n");
    EXPECT_EQ(err, "coax: not removed: b: device is busy\n");
}

TEST_F(Down, says_that_leftovers_need_root) {
    leftovers.answer = Error(ErrorCode::kPermission, "needs root: use sudo");
    EXPECT_EQ(coax({"down"}), 3);
    EXPECT_EQ(err, "coax: needs root: use sudo\n");
}

TEST_F(Down, does_not_take_a_wrong_socket_path_for_a_dead_agent) {
    EXPECT_EQ(coax({"down", "--socket", socket_of("typo")}), 3);
    EXPECT_THAT(err, HasSubstr("none ever ran there"));
    EXPECT_THAT(leftovers.asked, IsEmpty());
}

TEST_F(Down, believes_a_socket_path_where_an_agent_ran) {
    std::filesystem::create_directories(run_dir_of("else"));
    std::ofstream(run_dir_of("else") + "/agent.lock") << "4242\n";
    EXPECT_EQ(coax({"down", "--socket", socket_of("else")}), 0);
    EXPECT_THAT(leftovers.asked, ElementsAre("coax " + run_dir_of("else")));
}

TEST_F(Down, removes_nothing_itself_while_an_agent_answers) {
    agent.verdict = {grpc::StatusCode::INTERNAL, "cannot detach"};
    serve();
    EXPECT_EQ(coax({"down"}), 1);
    EXPECT_EQ(err, "coax: the agent says: cannot detach\n");
    EXPECT_THAT(leftovers.asked, IsEmpty());
}

TEST_F(Down, reports_in_json) {
    leftovers.answer = cli::LeftoverReport{{"a"}, {"b: busy"}};
    EXPECT_EQ(coax({"down", "--json"}), 1);
    EXPECT_EQ(Json::parse(out), Json::parse(R"({"instance": "coax", "by_agent": false,
                                                "removed": ["a"], "failed": ["b: busy"]})"));
}

} // namespace
} // namespace coax::test
