// SPDX-License-Identifier: Apache-2.0
#include "cli/nodes.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "cli/ca.h"
#include "cli/controller_verb.h"
#include "cli/render_control.h"
#include "cli/verbs.h"

namespace coax::cli {
namespace {

Result<ExitCode> list(const Session &session, ControllerClient &controller, const NoOptions &) {
    COAX_ASSIGN_OR_RETURN(const ctl::Nodes nodes, controller.nodes());
    const UnixTime now = wall_clock(session);
    session.print(render_nodes(nodes, now, session.view()), nodes_json(nodes, now));
    return ExitCode::kOk;
}

Result<ExitCode> show(const Session &session, ControllerClient &controller,
                      const NamedOptions &options) {
    COAX_ASSIGN_OR_RETURN(const ctl::NodeInfo node, find_node(controller, options.name));
    const UnixTime now = wall_clock(session);
    session.print(render_node(node, now, session.view()), node_json(node, now));
    return ExitCode::kOk;
}

Result<ExitCode> remove(const Session &session, ControllerClient &controller,
                        const NamedOptions &options) {
    ctl::RemoveNodeRequest request;
    request.set_name(options.name);
    COAX_ASSIGN_OR_RETURN(const ctl::Changed changed, controller.remove_node(request));
    session.print(fmt::format("{} is no longer a node; the others drop it once it is silent. Its "
                              "certificate still holds: `coax ca revoke` and `coax revocations "
                              "push` end that\n",
                              options.name),
                  {{"removed", options.name}, {"revision", changed.revision()}});
    return ExitCode::kOk;
}

} // namespace

Result<ctl::NodeInfo> find_node(ControllerClient &controller, const std::string &name) {
    COAX_ASSIGN_OR_RETURN(const ctl::Nodes nodes, controller.nodes());
    const auto found = std::find_if(nodes.nodes().begin(), nodes.nodes().end(),
                                    [&](const ctl::NodeInfo &node) { return node.name() == name; });
    if (found == nodes.nodes().end())
        return Error(ErrorCode::kInvalid,
                     fmt::format("the controller knows no node {}: `coax nodes` lists them, "
                                 "`coax join` on it makes it known",
                                 name));
    return *found;
}

void add_nodes(Verb app, Action &action) {
    const Verb nodes =
        add_group(app, action, {"nodes", "Nodes as the controller knows them"}, list);
    nodes.alias("node");
    add_nodes_approve(nodes, action);
    add_named(nodes, action, {"show", "All that is known of one node"}, show);
    add_named(nodes, action, {"remove", "Take a node out"}, remove).alias("delete");
}

} // namespace coax::cli
