// SPDX-License-Identifier: Apache-2.0
// Every verb end to end against an agent on a unix socket: exit codes, output, JSON.
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "unit/cli/fixture.h"
#include "unit/cli/messages.h"

namespace coax::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using Json = nlohmann::json;
using namespace std::chrono_literals;

/// Root may connect to any socket: for as long as this lives, nobody is root here.
class NotRoot {
  public:
    NotRoot() { dropped_ = ::geteuid() == 0 && ::seteuid(kNobody) == 0; }
    ~NotRoot() {
        if (dropped_ && ::seteuid(0) != 0)
            ADD_FAILURE() << "cannot become root again";
    }
    NotRoot(const NotRoot &) = delete;
    NotRoot &operator=(const NotRoot &) = delete;

  private:
    static constexpr uid_t kNobody = 65534;
    bool dropped_;
};

class Verbs : public CliTest {
  protected:
    void serve_small_node() {
        agent.status = small_status();
        agent.peers = small_peers();
        agent.ports = small_ports();
        agent.fdb = small_fdb();
        agent.drops = {small_drops()};
        agent.keys = small_keys();
        serve();
    }
};

const std::vector<std::string> kAskingVerbs = {"status", "peers", "ports", "fdb", "drops", "key"};

TEST_F(Verbs, answer_in_text) {
    serve_small_node();
    for (const std::string &verb : kAskingVerbs) {
        EXPECT_EQ(coax({verb}), 0) << verb;
        EXPECT_THAT(out, Not(IsEmpty())) << verb;
        EXPECT_EQ(err, "") << verb;
    }
}

TEST_F(Verbs, answer_in_json_with_the_names_of_the_proto_and_all_defaults) {
    serve_small_node();
    ASSERT_EQ(coax({"status", "--json"}), 0);
    const Json status = Json::parse(out);
    EXPECT_EQ(status["node_name"], "alpha");
    EXPECT_EQ(status["drops_total"], 15); // a number, not a string
    EXPECT_EQ(status["last_error"], "");
    EXPECT_EQ(status["peers_never"], 0);
    EXPECT_EQ(status["degraded"], Json::array());
    EXPECT_EQ(status["uplinks"][0]["dispatcher"], true);
    ASSERT_EQ(coax({"--json", "peers"}), 0);
    EXPECT_EQ(Json::parse(out)["peers"][2]["handshake_age_seconds"], -1);
    for (const std::string &verb : kAskingVerbs) {
        ASSERT_EQ(coax({verb, "--json"}), 0) << verb;
        EXPECT_TRUE(Json::parse(out).is_object()) << verb;
    }
}

TEST_F(Verbs, keep_64_bits_exact_in_json) {
    serve_small_node();
    agent.status.set_drops_total(18446744073709551615ULL);
    ASSERT_EQ(coax({"status", "--json"}), 0);
    EXPECT_THAT(out, HasSubstr("\"drops_total\": 18446744073709551615"));
}

TEST_F(Verbs, say_where_the_agent_was_sought) {
    for (const std::string &verb : kAskingVerbs) {
        EXPECT_EQ(coax({verb}), 3) << verb;
        EXPECT_EQ(out, "") << verb;
        EXPECT_EQ(err, "coax: no agent at " + socket_of("coax") +
                           ": is it running? (systemctl status coaxd)\n");
    }
}

TEST_F(Verbs, name_the_other_instances_when_there_is_none) {
    agent.serve(socket_of("n1"));
    EXPECT_EQ(coax({"status"}), 3);
    EXPECT_THAT(err, HasSubstr("other instances here: n1 (--instance NAME)"));
}

TEST_F(Verbs, tell_a_stopped_agent_from_one_that_never_was) {
    const TempDir dir;
    const std::string socket = dir.path() / "agent.sock";
    agent.serve(socket);
    agent.stop();
    // A bound socket nobody listens on any more, as after kill -9.
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    socket.copy(address.sun_path, sizeof(address.sun_path) - 1);
    ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr *>(&address), sizeof(address)), 0);
    ::close(fd);
    EXPECT_EQ(coax({"--socket", socket, "status"}), 3);
    EXPECT_THAT(err, HasSubstr("the agent has stopped"));
}

TEST_F(Verbs, tell_who_may_not_ask_what_to_do) {
    serve_small_node();
    ASSERT_EQ(::chmod(socket_of("coax").c_str(), 0), 0);
    const NotRoot not_root;
    EXPECT_EQ(coax({"status"}), 3);
    EXPECT_THAT(err, HasSubstr("join group coax or use sudo"));
}

TEST_F(Verbs, pass_on_what_the_agent_says) {
    serve_small_node();
    agent.verdict = {grpc::StatusCode::INTERNAL, "map coax_ports: no such map\x1b[31m"};
    EXPECT_EQ(coax({"ports"}), 1);
    EXPECT_EQ(err, "coax: the agent says: map coax_ports: no such map?[31m\n");
    agent.verdict = {grpc::StatusCode::UNIMPLEMENTED, ""};
    EXPECT_EQ(coax({"ports"}), 1);
    EXPECT_THAT(err, HasSubstr("of different versions"));
    agent.verdict = {grpc::StatusCode::DEADLINE_EXCEEDED, ""};
    EXPECT_EQ(coax({"ports"}), 3);
    EXPECT_THAT(err, HasSubstr("did not answer in time"));
}

TEST_F(Verbs, find_the_instance_by_option_then_environment_then_default) {
    serve_small_node();
    FakeAgent other;
    other.status.set_instance("n1");
    other.serve(socket_of("n1"));
    ASSERT_EQ(coax({"status"}), 0);
    EXPECT_THAT(out, HasSubstr("instance coax"));
    ASSERT_EQ(coax({"status", "--instance", "n1"}), 0);
    EXPECT_THAT(out, HasSubstr("instance n1"));
    environment["COAX_INSTANCE"] = "n1";
    ASSERT_EQ(coax({"status"}), 0);
    EXPECT_THAT(out, HasSubstr("instance n1"));
    ASSERT_EQ(coax({"-i", "coax", "status"}), 0);
    EXPECT_THAT(out, HasSubstr("instance coax"));
    ASSERT_EQ(coax({"--socket", socket_of("coax"), "status"}), 0);
    EXPECT_THAT(out, HasSubstr("instance coax"));
}

TEST_F(Verbs, refuse_wrong_arguments_with_2) {
    const std::vector<std::vector<std::string>> rows = {
        {},
        {"frobnicate"},
        {"status", "peers"},
        {"status", "--frobnicate"},
        {"status", "--watch", "0"},
        {"status", "--watch", "soon"},
        {"status", "--watch", "nan"},
        {"status", "--check", "--watch"},
        {"key", "--watch"},
        {"fdb", "--vni", "0"},
        {"fdb", "--vni", "16777216"},
        {"fdb", "--vni", "1", "--network", "red"},
        {"fdb", "--limit", "0"},
        {"--instance", "../etc", "status"},
        {"--instance", "UPPER", "status"},
        {"--instance", "toolonganame", "status"},
        {"completion"},
        {"completion", "csh"},
    };
    for (const auto &arguments : rows) {
        EXPECT_EQ(coax(arguments), 2) << ::testing::PrintToString(arguments);
        EXPECT_EQ(out, "");
        EXPECT_THAT(err, Not(IsEmpty()));
    }
}

TEST_F(Verbs, explain_exit_codes_in_every_help) {
    for (const char *verb : {"status", "down", "completion"}) {
        EXPECT_EQ(coax({verb, "--help"}), 0);
        EXPECT_THAT(out, AllOf(HasSubstr("Exit codes:"), HasSubstr("--json")));
    }
    EXPECT_EQ(coax({"--help"}), 0);
    EXPECT_THAT(out, HasSubstr("  4  degraded"));
    EXPECT_EQ(coax({"--version"}), 0);
    EXPECT_EQ(out, "coax " COAX_VERSION "\n");
}

TEST_F(Verbs, help_fits_80_columns) {
    for (const char *verb : {"",
                             "status",
                             "peers",
                             "ports",
                             "ports create",
                             "fdb",
                             "drops",
                             "key",
                             "down",
                             "join",
                             "controller",
                             "login",
                             "nodes",
                             "nodes approve",
                             "networks",
                             "networks create",
                             "tokens",
                             "tokens create",
                             "revocations",
                             "audit",
                             "wait",
                             "wait node",
                             "version",
                             "completion"}) {
        std::vector<std::string> arguments;
        std::istringstream words(verb);
        for (std::string word; words >> word;)
            arguments.push_back(word);
        arguments.emplace_back("--help");
        ASSERT_EQ(coax(arguments), 0);
        std::istringstream lines(out);
        for (std::string line; std::getline(lines, line);)
            EXPECT_LE(line.size(), 80U) << line;
    }
}

TEST_F(Verbs, check_exits_with_4_when_degraded) {
    serve_small_node();
    EXPECT_EQ(coax({"status", "--check"}), 0);
    EXPECT_EQ(coax({"peers", "--check"}), 4);
    EXPECT_THAT(out, HasSubstr("stale"));
    agent.status = degraded_status();
    EXPECT_EQ(coax({"status", "--check"}), 4);
    EXPECT_EQ(coax({"status"}), 0);
    EXPECT_EQ(coax({"status", "--check", "--json"}), 4);
    EXPECT_TRUE(Json::parse(out).is_object());
    agent.peers.clear_peers();
    EXPECT_EQ(coax({"peers", "--check"}), 0);
}

TEST_F(Verbs, colour_only_a_terminal_that_wants_it) {
    serve_small_node();
    const auto coloured = [this](const std::vector<std::string> &arguments) {
        EXPECT_EQ(coax(arguments), 0);
        return out.find('\x1b') != std::string::npos;
    };
    EXPECT_FALSE(coloured({"status"}));
    out_is_terminal = true;
    EXPECT_TRUE(coloured({"status"}));
    EXPECT_FALSE(coloured({"status", "--no-color"}));
    EXPECT_FALSE(coloured({"status", "--json"}));
    environment["NO_COLOR"] = "1";
    EXPECT_FALSE(coloured({"status"}));
    environment["NO_COLOR"] = "";
    EXPECT_TRUE(coloured({"status"}));
    environment["TERM"] = "dumb";
    EXPECT_FALSE(coloured({"status"}));
}

TEST_F(Verbs, use_the_width_of_the_terminal) {
    serve_small_node();
    agent.peers = worst_peers();
    columns = 120;
    ASSERT_EQ(coax({"peers"}), 0);
    EXPECT_EQ(out.find('\n'), 80U) << "80 columns on a pipe, whatever the terminal:\n" << out;
    out_is_terminal = true;
    ASSERT_EQ(coax({"peers", "--no-color"}), 0);
    EXPECT_GT(out.find('\n'), 100U);
}

TEST_F(Verbs, fdb_asks_for_one_network_by_number_or_name) {
    serve_small_node();
    ASSERT_EQ(coax({"fdb", "--vni", "7", "--limit", "3"}), 0);
    EXPECT_EQ(agent.fdb_request.vni(), 7U);
    EXPECT_EQ(agent.fdb_request.limit(), 3U);
    ASSERT_EQ(coax({"fdb", "--network", "blue"}), 0);
    EXPECT_EQ(agent.fdb_request.vni(), 200U);
    EXPECT_EQ(agent.fdb_request.limit(), 10000U);
    EXPECT_EQ(coax({"fdb", "--network", "green"}), 1);
    EXPECT_EQ(err, "coax: no network \"green\" here: expected one of: red, blue\n");
}

TEST_F(Verbs, drops_asks_for_all_reasons_only_when_told) {
    serve_small_node();
    ASSERT_EQ(coax({"drops"}), 0);
    EXPECT_FALSE(agent.drops_request.all());
    ASSERT_EQ(coax({"drops", "--all"}), 0);
    EXPECT_TRUE(agent.drops_request.all());
}

TEST_F(Verbs, why_tells_all_that_decides_about_a_peer) {
    serve_small_node();
    EXPECT_EQ(coax({"why", "beta"}), 1);
    EXPECT_THAT(err, HasSubstr("nobody has told this node of a peer beta"));
    auto &peer = *agent.control.add_peers();
    peer.set_name("beta");
    peer.set_source("controller");
    peer.set_reason("expired");
    peer.set_text("certificate of beta expired 2d ago: certify it anew");
    peer.set_last_rx_age_ms(-1);
    peer.set_state("never");
    peer.set_gone(true);
    peer.set_gone_why("lease_expired");
    peer.mutable_binding()->set_epoch(7);
    ASSERT_EQ(coax({"why", "beta"}), 0);
    EXPECT_EQ(agent.control_request.peer(), "beta");
    EXPECT_THAT(out, AllOf(HasSubstr("expired 2d ago: certify it anew"), HasSubstr("epoch 7"),
                           HasSubstr("lease_expired"), HasSubstr("last packet never")));
    ASSERT_EQ(coax({"why", "beta", "--json"}), 0);
    EXPECT_EQ(Json::parse(out)["peers"][0]["reason"], "expired");
}

TEST_F(Verbs, diff_exits_with_4_when_the_kernel_is_not_as_it_should_be) {
    serve_small_node();
    ASSERT_EQ(coax({"diff"}), 0);
    EXPECT_THAT(out, HasSubstr("no difference"));
    auto &line = *agent.diff.add_lines();
    line.set_what("peer beta, lane 0");
    line.set_wanted("endpoint 192.0.2.2:51820");
    EXPECT_EQ(coax({"diff"}), 4);
    EXPECT_EQ(out, "peer beta, lane 0\n  + endpoint 192.0.2.2:51820\n");
}

TEST_F(Verbs, status_says_how_old_the_view_is_and_whether_a_reboot_needs_a_controller) {
    serve_small_node();
    EXPECT_EQ(coax({"status"}), 0);
    EXPECT_THAT(out, Not(HasSubstr("control ")));
    auto &control = *agent.status.mutable_control();
    control.set_state("waiting");
    control.set_text("192.0.2.9:9787: connection refused");
    control.set_view_age_seconds(130);
    control.set_survives_text("the state directory is not writable");
    ASSERT_EQ(coax({"status"}), 0);
    EXPECT_THAT(out, AllOf(HasSubstr("control     waiting"), HasSubstr("view of 2m10s ago"),
                           HasSubstr("connection refused"),
                           HasSubstr("needs a controller: the state directory")));
    control.set_survives_reboot(true);
    ASSERT_EQ(coax({"status"}), 0);
    EXPECT_THAT(out, HasSubstr("comes up without a controller"));
}

TEST_F(Verbs, key_prints_the_stanza_alone_for_pasting) {
    serve_small_node();
    ASSERT_EQ(coax({"key", "--stanza"}), 0);
    EXPECT_EQ(out, agent.keys.peer_stanza());
}

TEST_F(Verbs, version_works_with_and_without_an_agent) {
    EXPECT_EQ(coax({"version"}), 0);
    EXPECT_THAT(out, HasSubstr("coaxd  not known: no agent at "));
    EXPECT_EQ(coax({"version", "--json"}), 0);
    EXPECT_EQ(Json::parse(out)["agent"], nullptr);
    serve_small_node();
    EXPECT_EQ(coax({"version"}), 0);
    EXPECT_THAT(out, HasSubstr("coaxd  0.1.0 (ABI 1)\n"));
    EXPECT_EQ(coax({"version", "--json"}), 0);
    EXPECT_EQ(Json::parse(out)["agent"]["version"], "0.1.0");
    EXPECT_EQ(Json::parse(out)["version"], COAX_VERSION);
}

class Watch : public Verbs {};

TEST_F(Watch, separates_blocks_on_a_pipe) {
    serve_small_node();
    pacer.rounds = 3;
    ASSERT_EQ(coax({"fdb", "--watch", "0.5"}), 0);
    EXPECT_THAT(pacer.waits, ElementsAre(500ms, 500ms, 500ms));
    EXPECT_THAT(out, StartsWith("NETWORK"));
    EXPECT_THAT(out, HasSubstr("5s ago\n\nNETWORK"));
    EXPECT_THAT(out, Not(HasSubstr("\x1b")));
}

TEST_F(Watch, waits_two_seconds_unless_told) {
    serve_small_node();
    for (const char *verb : {"status", "peers", "ports", "fdb", "drops"}) {
        pacer.waits.clear();
        ASSERT_EQ(coax({verb, "--watch"}), 0);
        EXPECT_THAT(pacer.waits, ElementsAre(2000ms)) << verb;
    }
}

TEST_F(Watch, clears_the_screen_of_a_terminal) {
    serve_small_node();
    out_is_terminal = true;
    ASSERT_EQ(coax({"-w", "--no-color", "status"}), 2) << "--watch belongs to the verb";
    ASSERT_EQ(coax({"--no-color", "status", "-w"}), 0);
    EXPECT_THAT(out, StartsWith("\x1b[H\x1b[2Jnode"));
}

TEST_F(Watch, prints_one_json_document_per_line) {
    serve_small_node();
    pacer.rounds = 2;
    ASSERT_EQ(coax({"peers", "--watch", "--json"}), 0);
    std::istringstream lines(out);
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count)
        EXPECT_TRUE(Json::parse(line).is_object());
    EXPECT_EQ(count, 2);
}

TEST_F(Watch, shows_drops_per_second) {
    serve_small_node();
    agent.drops.push_back(small_drops());
    agent.drops[1].mutable_drops(0)->set_packets(13); // was 3
    pacer.rounds = 2;
    ASSERT_EQ(coax({"drops", "--watch", "4"}), 0);
    EXPECT_THAT(out, HasSubstr("2.50/s"));
}

TEST_F(Watch, adds_rates_to_the_json_of_drops_from_the_second_round_on) {
    serve_small_node();
    agent.drops.push_back(small_drops());
    agent.drops[1].mutable_drops(0)->set_packets(13); // was 3
    pacer.rounds = 2;
    ASSERT_EQ(coax({"drops", "--watch", "4", "--json"}), 0);
    std::istringstream lines(out);
    std::string first;
    std::string second;
    ASSERT_TRUE(std::getline(lines, first) && std::getline(lines, second));
    EXPECT_FALSE(Json::parse(first)["drops"][0].contains("packets_per_second"));
    EXPECT_EQ(Json::parse(second)["drops"][0]["packets_per_second"], 2.5);
}

TEST_F(Watch, waits_for_an_agent_that_restarts) {
    serve_small_node();
    pacer.rounds = 3;
    pacer.between = [this](int round) {
        if (round == 1)
            agent.stop();
        else if (round == 2)
            serve();
    };
    ASSERT_EQ(coax({"fdb", "--watch"}), 0);
    EXPECT_THAT(out, HasSubstr("\n\nNETWORK"));
    EXPECT_THAT(err, HasSubstr("coax: no agent at"));
}

TEST_F(Watch, does_not_wait_for_an_agent_that_never_was) {
    pacer.rounds = 3;
    EXPECT_EQ(coax({"status", "--watch"}), 3);
    EXPECT_THAT(pacer.waits, IsEmpty());
}

} // namespace
} // namespace coax::test
