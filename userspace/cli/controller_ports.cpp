// SPDX-License-Identifier: Apache-2.0
// Ports of any node, by way of the controller: the owning node makes and removes them.
#include "cli/controller_ports.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/controller_verb.h"
#include "cli/format.h"
#include "cli/render_control.h"
#include "cli/table.h"

namespace coax::cli {
namespace {

struct CreateOptions {
    std::string node;
    std::string name;
    std::string network;
    std::string kind; // empty: netns when there is one, else host
    std::string netns;
    std::string ifname; // empty: the name
    std::string mac;
    std::vector<std::string> more_macs;
    std::vector<std::string> addresses;
    bool guard_ips = false;
    std::vector<std::string> more_ips;
    bool replace = false;
};

struct ListOptions {
    std::string node; // empty: of all
};

struct DeleteOptions {
    std::string node;
    std::string name;
};

template <typename Field>
void assign(Field *field, const std::vector<std::string> &texts) {
    field->Assign(texts.begin(), texts.end());
}

Result<ExitCode> create(const Session &session, ControllerClient &controller,
                        const CreateOptions &options) {
    ctl::PutPortRequest request;
    request.set_node(options.node);
    request.set_must_be_new(!options.replace);
    ctl::Port &port = *request.mutable_port();
    port.set_name(options.name);
    port.set_network(options.network);
    const std::string_view by_netns = options.netns.empty() ? "host" : "netns";
    port.set_kind(options.kind.empty() ? std::string(by_netns) : options.kind);
    port.set_netns(options.netns);
    port.set_ifname(options.ifname.empty() ? options.name : options.ifname);
    port.set_mac(options.mac);
    assign(port.mutable_more_macs(), options.more_macs);
    assign(port.mutable_addresses(), options.addresses);
    port.set_guard_ips(options.guard_ips);
    assign(port.mutable_more_ips(), options.more_ips);
    COAX_ASSIGN_OR_RETURN(const ctl::Changed changed, controller.put_port(request));
    session.print(fmt::format("{} makes port {}: `coax wait port {} {}` waits for it\n",
                              options.node, options.name, options.node, options.name),
                  {{"revision", changed.revision()},
                   {"node", options.node},
                   {"port", to_json(request.port())}});
    return ExitCode::kOk;
}

Result<ExitCode> remove(const Session &session, ControllerClient &controller,
                        const DeleteOptions &options) {
    ctl::RemovePortRequest request;
    request.set_node(options.node);
    request.set_name(options.name);
    COAX_ASSIGN_OR_RETURN(const ctl::Changed changed, controller.remove_port(request));
    session.print(
        fmt::format("{} removes port {}\n", options.node, options.name),
        {{"removed", options.name}, {"node", options.node}, {"revision", changed.revision()}});
    return ExitCode::kOk;
}

Result<ExitCode> list(const Session &session, ControllerClient &controller,
                      const ListOptions &options) {
    COAX_ASSIGN_OR_RETURN(const ctl::ControllerPorts all, controller.ports());
    ctl::ControllerPorts ports;
    for (const ctl::ControllerPort &port : all.ports()) {
        if (options.node.empty() || port.node() == options.node)
            *ports.add_ports() = port;
    }
    session.print(render_controller_ports(ports, session.view()), to_json(ports));
    return ExitCode::kOk;
}

void add_create(Verb ports, Action &action) {
    auto options = std::make_shared<CreateOptions>();
    const Verb verb = ports.add_subcommand("create", "Make a port on any node");
    verb.add_option("node", options->node, "Whose it will be").required().type_name("NODE");
    verb.add_option("name", options->name, "Its name").required().type_name("NAME");
    verb.add_option("--network", options->network, "Name of its network")
        .required()
        .type_name("NAME");
    verb.add_option("--kind", options->kind, "host or netns (netns when --netns is given)")
        .type_name("KIND")
        .one_of({"host", "netns"});
    verb.add_option("--netns", options->netns, "Network namespace of the interface")
        .type_name("NAME");
    verb.add_option("--ifname", options->ifname, "Name of the interface (the port's)")
        .type_name("NAME");
    verb.add_option("--mac", options->mac, "MAC address (made from the port's name)")
        .type_name("MAC");
    verb.add_option("--address", options->addresses,
                    "IP address with prefix length; may be given again")
        .type_name("PREFIX");
    verb.add_flag("--guard-ips", options->guard_ips, "Only these source IP addresses");
    verb.add_option("--more-ip", options->more_ips, "Another source IP address; may be given again")
        .type_name("ADDRESS");
    verb.add_option("--more-mac", options->more_macs,
                    "Another source MAC address; may be given again")
        .type_name("MAC");
    verb.add_flag("--replace", options->replace, "Change the port if there is one already");
    set_action(verb, action, options, create);
}

void add_list(Verb ports, Action &action) {
    auto options = std::make_shared<ListOptions>();
    const Verb verb = ports.add_subcommand("list", "Ports of all nodes, from the controller");
    verb.add_option("--node", options->node, "Only of this node").type_name("NODE");
    set_action(verb, action, options, list);
}

void add_delete(Verb ports, Action &action) {
    auto options = std::make_shared<DeleteOptions>();
    const Verb verb = ports.add_subcommand("delete", "Delete a port of any node");
    verb.alias("remove");
    verb.add_option("node", options->node, "Whose it is").required().type_name("NODE");
    verb.add_option("name", options->name, "Its name").required().type_name("NAME");
    set_action(verb, action, options, remove);
}

Cell state_cell(const ctl::ControllerPort &port) {
    if (!port.error().empty())
        return {"error", Tone::kBad}; // in full below the table
    return port.reported() ? Cell{"up", Tone::kGood} : Cell{"waits", Tone::kWarn};
}

std::string mac_text(const ctl::ControllerPort &port) {
    const std::string &mac = port.mac().empty() ? port.port().mac() : port.mac();
    return mac.empty() ? "-" : mac;
}

std::vector<Cell> row(const ctl::ControllerPort &entry) {
    const ctl::Port &port = entry.port();
    return {{entry.node()},
            {port.name()},
            {port.network()},
            {port.kind(), Tone::kPlain},
            {port.netns().empty() ? port.ifname() : port.netns() + "/" + port.ifname()},
            {mac_text(entry)},
            {port.addresses().empty() ? "-" : fmt::format("{}", fmt::join(port.addresses(), " "))},
            state_cell(entry)};
}

} // namespace

std::string render_controller_ports(const ctl::ControllerPorts &ports, const View &view) {
    if (ports.ports().empty())
        return "no ports: `coax ports create NODE NAME --network NETWORK` makes one\n";
    Table table({{"NODE", Align::kLeft, 10},
                 {"PORT", Align::kLeft, 10},
                 {"NETWORK", Align::kLeft, 7},
                 {"KIND", Align::kLeft, 0, true},
                 {"INTERFACE", Align::kLeft, 9},
                 {"MAC", Align::kLeft, 0, true},
                 {"ADDRESS", Align::kLeft, 12},
                 {"STATE"}});
    for (const ctl::ControllerPort &port : ports.ports())
        table.add(row(port));
    std::string out = table.render(view);
    for (const ctl::ControllerPort &port : ports.ports()) {
        if (port.error().empty())
            continue;
        const std::string text =
            printable(fmt::format("{} {}: {}", port.node(), port.port().name(), port.error()));
        for (const std::string &line : wrap(text, view.limit()))
            out.append(paint(line, Tone::kBad, view)).push_back('\n');
    }
    return out;
}

void add_controller_ports(Verb ports, Action &action) {
    ports.require_subcommand(0, 1);
    add_create(ports, action);
    add_list(ports, action);
    add_delete(ports, action);
}

} // namespace coax::cli
