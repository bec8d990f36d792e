// SPDX-License-Identifier: Apache-2.0
// bench_fleet: many simulated agents against a real controller, told by standard input what to do;
// one line of JSON for each line. Or: what verifying many peers costs one agent. README.md beside.
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "bench/fleet/fleet.h"
#include "bench/fleet/json_text.h"
#include "bench/fleet/one_agent.h"
#include "lib/base/file.h"
#include "lib/control/pinned_channel.h"

namespace coax::bench {
namespace {

using nlohmann::json;

struct Arguments {
    std::string controller;
    std::string tls_certificate;
    std::string ca;
    std::size_t nodes = 100;
    std::size_t one_verifies_in = 100;
    double deadline_s = 120;
};

json used() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval &time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return {{"cpu_s", seconds(usage.ru_utime) + seconds(usage.ru_stime)},
            {"peak_rss_kib", usage.ru_maxrss}};
}

/// join | recover SINCE | churn SECONDS MOVES_PER_MINUTE RETURNS_PER_MINUTE
Result<json> obey(Fleet &fleet, const std::string &line) {
    std::istringstream words(line);
    std::string verb;
    words >> verb;
    if (verb == "join")
        return to_json(fleet.join());
    if (double since = 0; verb == "recover" && words >> since)
        return to_json(fleet.recover(
            TimePoint(std::chrono::duration_cast<TimePoint::duration>(Fleet::Seconds(since)))));
    double seconds = 0;
    Fleet::Churn plan;
    if (verb == "churn" && words >> seconds >> plan.moves_per_minute >> plan.returns_per_minute) {
        plan.length = Fleet::Seconds(seconds);
        return to_json(fleet.churn(plan));
    }
    return Error(ErrorCode::kInvalid,
                 "expected join, recover SINCE or churn SECONDS MOVES RETURNS, "
                 "found '" +
                     line + "'");
}

Status follow(const Arguments &arguments) {
    COAX_ASSIGN_OR_RETURN(SshPrivateKey ca, SshPrivateKey::load(arguments.ca));
    COAX_ASSIGN_OR_RETURN(const std::string pem, read_file(arguments.tls_certificate, 65536));
    Fleet::Options options;
    COAX_ASSIGN_OR_RETURN(options.client.tls_certificate, certificate_from_pem(pem));
    options.client.controllers = {arguments.controller};
    options.anchors.cas = {{ca.public_key(), "of the simulator"}};
    options.one_verifies_in = arguments.one_verifies_in;
    options.deadline = Fleet::Seconds(arguments.deadline_s);
    COAX_ASSIGN_OR_RETURN(std::vector<Identity> identities, make_identities(arguments.nodes, ca));
    Fleet fleet(std::move(options), identities);
    std::cout << json{{"ready", true}, {"verifying", fleet.verifying()}} << std::endl;
    for (std::string line; std::getline(std::cin, line);) {
        COAX_ASSIGN_OR_RETURN(json answer, obey(fleet, line));
        answer["refusals"] = fleet.refusals();
        answer["agents_used"] = used();
        std::cout << answer << std::endl;
    }
    return {};
}

Status verify(const Arguments &arguments) {
    COAX_ASSIGN_OR_RETURN(const OneAgent cost, cost_of_one_agent(arguments.nodes));
    std::cout << to_json(cost) << std::endl;
    return {};
}

int run(int argc, char **argv) {
    Arguments arguments;
    CLI::App app("Many simulated agents against a real controller.", "bench_fleet");
    app.require_subcommand(1);
    CLI::App *followers = app.add_subcommand("follow", "agents that follow a controller");
    followers->add_option("--controller", arguments.controller, "HOST:PORT")->required();
    followers->add_option("--tls-certificate", arguments.tls_certificate, "PEM")->required();
    followers->add_option("--ca", arguments.ca, "private key of the CA")->required();
    followers->add_option("--nodes", arguments.nodes)->check(CLI::Range(1, 100000));
    followers->add_option("--one-verifies-in", arguments.one_verifies_in, "0: none");
    followers->add_option("--deadline", arguments.deadline_s, "seconds");
    CLI::App *one = app.add_subcommand("verify", "one agent that verifies many peers");
    one->add_option("--nodes", arguments.nodes)->check(CLI::Range(1, 100000));
    CLI11_PARSE(app, argc, argv);
    const Status done = followers->parsed() ? follow(arguments) : verify(arguments);
    if (done.ok())
        return EXIT_SUCCESS;
    std::fprintf(stderr, "bench_fleet: %s\n", done.error().message().c_str());
    return EXIT_FAILURE;
}

} // namespace
} // namespace coax::bench

int main(int argc, char **argv) {
    return coax::bench::run(argc, argv);
}
