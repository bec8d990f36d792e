// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/controller_verb.h"
#include "cli/format.h"
#include "cli/render_control.h"
#include "cli/sheet.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "coax/abi/limits.h"

namespace coax::cli {
namespace {

constexpr std::uint32_t kFloodPps = 1000; // as lib/config has them
constexpr std::uint32_t kLearnLimit = 65536;

struct CreateOptions {
    std::string name;
    std::uint32_t vni = 0;
    std::vector<std::string> subnets;
    std::vector<std::string> members; // names of nodes; empty: all
    bool no_flood = false;
    std::uint32_t flood_pps = kFloodPps;
    bool no_learn = false;
    std::uint32_t learn_limit = kLearnLimit;
    std::uint32_t mtu = 0;
    bool replace = false;
};

Result<ExitCode> list(const Session &session, ControllerClient &controller, const NoOptions &) {
    COAX_ASSIGN_OR_RETURN(const ctl::Networks networks, controller.networks());
    session.print(render_networks(networks, session.view()), to_json(networks));
    return ExitCode::kOk;
}

Result<ctl::Network> find_network(ControllerClient &controller, const std::string &name) {
    COAX_ASSIGN_OR_RETURN(const ctl::Networks networks, controller.networks());
    const auto &all = networks.networks();
    const auto found = std::find_if(all.begin(), all.end(), [&](const ctl::Network &network) {
        return network.name() == name;
    });
    if (found == all.end())
        return Error(
            ErrorCode::kInvalid,
            fmt::format("the controller knows no network {}: `coax networks` lists them", name));
    return *found;
}

Result<ExitCode> show(const Session &session, ControllerClient &controller,
                      const NamedOptions &options) {
    COAX_ASSIGN_OR_RETURN(const ctl::Network network, find_network(controller, options.name));
    session.print(render_network(network, session.view()), to_json(network));
    return ExitCode::kOk;
}

Status add_members(ControllerClient &controller, const CreateOptions &options,
                   ctl::Network &network) {
    network.set_all_nodes(options.members.empty());
    if (options.members.empty())
        return {};
    COAX_ASSIGN_OR_RETURN(const ctl::Nodes nodes, controller.nodes());
    for (const std::string &name : options.members) {
        const auto found = std::find_if(
            nodes.nodes().begin(), nodes.nodes().end(),
            [&](const ctl::NodeInfo &node) { return node.name() == name && node.id() != 0; });
        if (found == nodes.nodes().end())
            return Error(ErrorCode::kInvalid,
                         fmt::format("the controller has no node {} that could be a member: `coax "
                                     "nodes` lists them",
                                     name));
        network.add_members(found->id());
    }
    return {};
}

Result<ExitCode> create(const Session &session, ControllerClient &controller,
                        const CreateOptions &options) {
    ctl::PutNetworkRequest request;
    request.set_must_be_new(!options.replace);
    ctl::Network &network = *request.mutable_network();
    network.set_name(options.name);
    network.set_vni(options.vni);
    network.mutable_subnets()->Assign(options.subnets.begin(), options.subnets.end());
    network.set_flood(!options.no_flood);
    network.set_flood_pps(options.flood_pps);
    network.set_learn(!options.no_learn);
    network.set_learn_limit(options.learn_limit);
    network.set_mtu(options.mtu);
    COAX_TRY(add_members(controller, options, network));
    COAX_ASSIGN_OR_RETURN(const ctl::Changed changed, controller.put_network(request));
    COAX_ASSIGN_OR_RETURN(const ctl::Network made, find_network(controller, options.name));
    session.print(render_network(made, session.view()),
                  {{"revision", changed.revision()}, {"network", to_json(made)}});
    return ExitCode::kOk;
}

Result<ExitCode> remove(const Session &session, ControllerClient &controller,
                        const NamedOptions &options) {
    ctl::RemoveNetworkRequest request;
    request.set_name(options.name);
    COAX_ASSIGN_OR_RETURN(const ctl::Changed changed, controller.remove_network(request));
    session.print(fmt::format("network {} is deleted\n", options.name),
                  {{"removed", options.name}, {"revision", changed.revision()}});
    return ExitCode::kOk;
}

void add_create(Verb networks, Action &action) {
    auto options = std::make_shared<CreateOptions>();
    const Verb verb = networks.add_subcommand("create", "Make a network on all nodes");
    verb.add_option("name", options->name, "Its name").required().type_name("NAME");
    verb.add_option("--vni", options->vni, "Its number (the lowest that is free)")
        .type_name("NUMBER")
        .in_range(1, COAX_VNI_MAX);
    verb.add_option("--subnet", options->subnets, "IP prefix used in it; may be given again")
        .type_name("PREFIX");
    verb.add_option("--member", options->members, "Node that may use it; may be given again (all)")
        .type_name("NAME");
    verb.add_option("--mtu", options->mtu, "Bytes of an IP packet (as large as possible)")
        .type_name("BYTES");
    verb.add_flag("--no-flood", options->no_flood, "Broadcast and unknown unicast are dropped");
    verb.add_option("--flood-pps", options->flood_pps, "Frames per second a node floods (1000)")
        .type_name("NUMBER");
    verb.add_flag("--no-learn", options->no_learn, "Nothing is learned from received frames");
    verb.add_option("--learn-limit", options->learn_limit, "Learned MAC addresses (65536)")
        .type_name("NUMBER");
    verb.add_flag("--replace", options->replace, "Change the network if there is one already");
    set_action(verb, action, options, create);
}

std::string members_text(const ctl::Network &network) {
    return network.all_nodes() ? "all" : fmt::format("{}", network.members_size());
}

std::string limit_text(bool on, std::uint32_t limit) {
    return on ? fmt::format("{}", limit) : "off";
}

std::string mtu_text(const ctl::Network &network) {
    return network.mtu() == 0 ? "auto" : fmt::format("{}", network.mtu());
}

} // namespace

std::string render_networks(const ctl::Networks &networks, const View &view) {
    if (networks.networks().empty())
        return "no networks: `coax networks create NAME --subnet PREFIX` makes one\n";
    Table table({{"NETWORK", Align::kLeft, 10},
                 {"VNI", Align::kRight},
                 {"MEMBERS", Align::kRight},
                 {"SUBNETS", Align::kLeft, 12},
                 {"FLOOD", Align::kRight},
                 {"LEARN", Align::kRight},
                 {"MTU", Align::kRight}});
    for (const ctl::Network &network : networks.networks()) {
        table.add(
            {{network.name()},
             {fmt::format("{}", network.vni())},
             {members_text(network)},
             {network.subnets().empty() ? "-"
                                        : fmt::format("{}", fmt::join(network.subnets(), " "))},
             {limit_text(network.flood(), network.flood_pps())},
             {limit_text(network.learn(), network.learn_limit())},
             {mtu_text(network)}});
    }
    return table.render(view);
}

std::string render_network(const ctl::Network &network, const View &view) {
    Sheet sheet(view);
    sheet.row("network", {{network.name(), Tone::kStrong},
                          {fmt::format("VNI {}", network.vni())},
                          {"MTU " + mtu_text(network)}});
    std::vector<Cell> subnets;
    for (const std::string &subnet : network.subnets())
        subnets.push_back({subnet});
    sheet.row("subnets", subnets.empty() ? std::vector<Cell>{{"-"}} : subnets);
    std::vector<Cell> members;
    for (const std::uint32_t member : network.members())
        members.push_back({fmt::format("node {}", member)});
    sheet.row("members", network.all_nodes() ? std::vector<Cell>{{"all nodes"}} : members);
    sheet.row("flood", {{limit_text(network.flood(), network.flood_pps()) +
                         (network.flood() ? " frames/s" : "")}});
    sheet.row("learn", {{limit_text(network.learn(), network.learn_limit()) +
                         (network.learn() ? " addresses" : "")}});
    return sheet.str();
}

void add_networks(Verb app, Action &action) {
    const Verb networks = add_group(app, action, {"networks", "Networks of the overlay"}, list);
    networks.alias("network");
    add_create(networks, action);
    add_named(networks, action, {"show", "One network"}, show);
    add_named(networks, action, {"delete", "Delete a network without ports"}, remove)
        .alias("remove");
}

} // namespace coax::cli
