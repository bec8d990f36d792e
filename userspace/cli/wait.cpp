// SPDX-License-Identifier: Apache-2.0
// For scripts: end when something is so, or say how it is after all.
#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "cli/controller_verb.h"
#include "cli/verbs.h"

namespace coax::cli {
namespace {

constexpr std::chrono::milliseconds kPeriod(200);
constexpr double kTimeoutSeconds = 60;
constexpr double kTimeoutMax = 86400;

/// How something is: what is waited for, or why not yet.
struct State {
    bool reached = false;
    std::string text; // "node storage1 is pending"
};

struct WaitOptions {
    double timeout_seconds = kTimeoutSeconds;
    std::vector<std::string> names; // of nodes; or a node and its port
    std::string state = "online";
};

using Look = Result<State> (*)(ControllerClient &, const WaitOptions &);

std::string state_of(const ctl::Nodes &nodes, const std::string &name) {
    for (const ctl::NodeInfo &node : nodes.nodes()) {
        if (node.name() == name)
            return node.state();
    }
    return "gone";
}

Result<State> look_at_nodes(ControllerClient &controller, const WaitOptions &options) {
    COAX_ASSIGN_OR_RETURN(const ctl::Nodes nodes, controller.nodes());
    State state{true, ""};
    for (const std::string &name : options.names) {
        const std::string found = state_of(nodes, name);
        state.reached = state.reached && found == options.state;
        if (state.text.empty() || found != options.state)
            state.text = fmt::format("node {} is {}", name, found);
    }
    return state;
}

Result<State> look_at_port(ControllerClient &controller, const WaitOptions &options) {
    const std::string &node = options.names.at(0);
    const std::string &name = options.names.at(1);
    COAX_ASSIGN_OR_RETURN(const ctl::ControllerPorts ports, controller.ports());
    const auto found = std::find_if(ports.ports().begin(), ports.ports().end(),
                                    [&](const ctl::ControllerPort &port) {
                                        return port.node() == node && port.port().name() == name;
                                    });
    if (found == ports.ports().end())
        return State{false, fmt::format("the controller has no port {} of {}", name, node)};
    if (!found->error().empty())
        return State{false, fmt::format("{} cannot make port {}: {}", node, name, found->error())};
    if (!found->reported())
        return State{false, fmt::format("{} has not said yet that port {} is there", node, name)};
    return State{true, fmt::format("port {} of {} is up", name, node)};
}

/// The revision that counts is the one at the first look: changes of others do not prolong it.
Result<State> look_at_revision(ControllerClient &controller, const WaitOptions &options,
                               std::uint64_t &wanted) {
    if (wanted == 0) {
        COAX_ASSIGN_OR_RETURN(const ctl::ControllerStatus status, controller.status());
        wanted = status.revision();
    }
    COAX_ASSIGN_OR_RETURN(const ctl::Nodes nodes, controller.nodes());
    for (const ctl::NodeInfo &node : nodes.nodes()) {
        const bool named = std::find(options.names.begin(), options.names.end(), node.name()) !=
                           options.names.end();
        const bool counts = options.names.empty() ? node.state() == "online" : named;
        if (counts && node.applied_revision() < wanted)
            return State{false, fmt::format("node {} has applied revision {}, expected {}",
                                            node.name(), node.applied_revision(), wanted)};
    }
    return State{true, fmt::format("revision {} is applied", wanted)};
}

template <typename Looking>
Result<ExitCode> wait_until(const Session &session, const WaitOptions &options, Looking look) {
    Pacer &pacer = session.host().pacer;
    const auto deadline = pacer.now() + std::chrono::duration_cast<std::chrono::milliseconds>(
                                            std::chrono::duration<double>(options.timeout_seconds));
    while (true) {
        COAX_ASSIGN_OR_RETURN(const State state, look());
        if (state.reached) {
            session.print(state.text + "\n", {{"reached", true}, {"text", state.text}});
            return ExitCode::kOk;
        }
        if (pacer.now() >= deadline || !pacer.wait(kPeriod))
            return Error(ErrorCode::kInvalid,
                         fmt::format("after {} s: {}", options.timeout_seconds, state.text));
    }
}

template <Look look>
Result<ExitCode> wait_for(const Session &session, ControllerClient &controller,
                          const WaitOptions &options) {
    return wait_until(session, options, [&] { return look(controller, options); });
}

Result<ExitCode> wait_applied(const Session &session, ControllerClient &controller,
                              const WaitOptions &options) {
    std::uint64_t wanted = 0;
    return wait_until(session, options,
                      [&] { return look_at_revision(controller, options, wanted); });
}

std::shared_ptr<WaitOptions> add_timeout(Verb verb) {
    auto options = std::make_shared<WaitOptions>();
    verb.add_option("-t,--timeout", options->timeout_seconds, "Seconds at most (60)")
        .type_name("SECONDS")
        .in_range(0.0, kTimeoutMax);
    return options;
}

void add_wait_node(Verb wait, Action &action) {
    const Verb verb = wait.add_subcommand("node", "Until nodes are online");
    const auto options = add_timeout(verb);
    verb.add_option("names", options->names, "Names of nodes").required().type_name("NAME");
    verb.add_option("--state", options->state, "Or this state: offline, pending or gone")
        .type_name("STATE")
        .one_of({"online", "offline", "pending", "gone"});
    set_action(verb, action, options, wait_for<look_at_nodes>);
}

void add_wait_port(Verb wait, Action &action) {
    const Verb verb = wait.add_subcommand("port", "Until a node has made a port");
    const auto options = add_timeout(verb);
    verb.add_option("names", options->names, "Node, and its port")
        .required()
        .expected(2)
        .type_name("NODE NAME");
    set_action(verb, action, options, wait_for<look_at_port>);
}

void add_wait_applied(Verb wait, Action &action) {
    const Verb verb =
        wait.add_subcommand("applied", "Until nodes have all changes in their kernels");
    const auto options = add_timeout(verb);
    verb.add_option("names", options->names, "Names of nodes (all that are online)")
        .type_name("NAME");
    set_action(verb, action, options, wait_applied);
}

} // namespace

void add_wait(Verb app, Action &action) {
    const Verb wait = app.add_subcommand("wait", "End when something of the overlay is so");
    wait.require_subcommand(1, 1);
    add_wait_node(wait, action);
    add_wait_port(wait, action);
    add_wait_applied(wait, action);
}

} // namespace coax::cli
