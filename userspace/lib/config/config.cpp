// SPDX-License-Identifier: Apache-2.0
#include "lib/config/config.h"

#include <fmt/format.h>

#include "lib/base/file.h"
#include "lib/config/check.h"
#include "lib/config/option.h"
#include "lib/config/read.h"

namespace coax {
namespace {

constexpr std::size_t kFileMaxBytes = 16U << 20U;

void default_files(DesiredState &state) {
    ControlConfig &control = state.control;
    const std::string folder = state.agent.state_dir + "/control/";
    const auto set = [](std::string &path, const std::string &value) {
        if (path.empty())
            path = value;
    };
    set(control.tls_certificate, folder + "controller.pem");
    set(control.identity, folder + "identity");
    set(control.certificate, control.identity + "-cert.pub");
    set(control.trust_anchors, folder + "trust_anchors");
}

DesiredState finish(Draft &&draft) {
    DesiredState state = std::move(draft.state);
    if (state.agent.state_dir.empty())
        state.agent.state_dir = "/var/lib/coax/" + state.node.instance;
    if (state.agent.run_dir.empty())
        state.agent.run_dir = "/run/coax/" + state.node.instance;
    default_files(state);
    for (PeerDraft &peer : draft.peers)
        state.peers.emplace(peer.peer.id, std::move(peer.peer));
    for (NetworkDraft &network : draft.networks) {
        network.network.flood = network.flood == FloodChoice::kReplicate;
        state.networks.emplace(network.network.vni, std::move(network.network));
    }
    for (PortDraft &port : draft.ports) {
        const std::string name = port.port.name;
        state.ports.emplace(name, std::move(port.port));
    }
    for (const EndpointDraft &endpoint : draft.endpoints)
        state.endpoints.push_back(endpoint.endpoint);
    return state;
}

} // namespace

Result<DesiredStatePtr> parse_config(std::string_view text, const std::string &file_name) {
    COAX_ASSIGN_OR_RETURN(const ValueTable document, parse_document(text, file_name));
    Problems problems;
    Draft draft = read_draft(document, problems);
    COAX_TRY(problems.status(file_name));
    resolve(draft, problems);
    check_nodes(draft, problems);
    check_networks(draft, problems);
    check_ports(draft, problems);
    check_control(draft, problems);
    COAX_TRY(problems.status(file_name));
    return DesiredStatePtr(std::make_shared<const DesiredState>(finish(std::move(draft))));
}

Result<DesiredStatePtr> load_config(const std::filesystem::path &path) {
    COAX_ASSIGN_OR_RETURN(const std::string text, read_file(path, kFileMaxBytes));
    return parse_config(text, path.string());
}

Status check_reloadable(const DesiredState &from, const DesiredState &to) {
    for (const Option &option : config_options()) {
        if (option.row.reloadable || option.print == nullptr)
            continue;
        const std::string before = option.print(from);
        const std::string after = option.print(to);
        if (before != after)
            return Error(ErrorCode::kInvalid,
                         fmt::format("{}: expected {} as it runs, found {}; a reload cannot change "
                                     "it, restart coaxd",
                                     option.name(), before, after));
    }
    return {};
}

} // namespace coax
