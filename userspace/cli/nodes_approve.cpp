// SPDX-License-Identifier: Apache-2.0
// The certificate is the approval: it is made here, where the CA's key is, and the controller only
// hands it on.
#include <algorithm>
#include <istream>
#include <memory>
#include <ostream>

#include <fmt/format.h>

#include "cli/ca.h"
#include "cli/certify.h"
#include "cli/controller_verb.h"
#include "cli/format.h"
#include "cli/nodes.h"
#include "cli/render_control.h"

namespace coax::cli {
namespace {

struct ApproveOptions {
    KeyOptions ca{std::string(kCaKey)};
    std::vector<std::string> wanted; // "NAME" or "NAME=SHA256:..."
    std::string valid{kCertificateSpan};
    bool yes = false;
};

/// A node that the operator names, and its key when he gives that, too.
struct Wanted {
    std::string name;
    std::string fingerprint; // empty: the one that waits
};

Wanted parse_wanted(const std::string &text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos)
        return {text, ""};
    return {text.substr(0, equals), text.substr(equals + 1)};
}

std::string check_wanted(const std::string &text) {
    const Wanted wanted = parse_wanted(text);
    if (std::string wrong = check_name(wanted.name); !wrong.empty())
        return wrong;
    const bool plain = text.find('=') == std::string::npos;
    return plain || wanted.fingerprint.starts_with("SHA256:")
               ? ""
               : "expected NAME or NAME=SHA256:... with the fingerprint of its key";
}

/// Certificates outlive a controller that lies: whose key is signed is for the operator to compare.
bool confirmed(const Session &session, const ApproveOptions &options,
               const std::vector<ctl::NodeInfo> &nodes) {
    Host &host = session.host();
    if (options.yes || !host.in_is_terminal)
        return true;
    for (const ctl::NodeInfo &node : nodes)
        host.err << fmt::format("{}  {}\n", printable(node.name()),
                                fingerprint_of(node.public_key()));
    host.err << "Are these the keys that `coax join` shows on the nodes? [y/N] " << std::flush;
    std::string answer;
    std::getline(host.in, answer);
    return answer == "y" || answer == "Y" || answer == "yes";
}

Result<ctl::NodeInfo> choose(const ctl::Nodes &known, const Wanted &wanted) {
    const ctl::NodeInfo *found = nullptr;
    for (const ctl::NodeInfo &node : known.nodes()) {
        if (node.name() == wanted.name && (found == nullptr || node.state() == "pending"))
            found = &node;
    }
    if (found == nullptr)
        return Error(ErrorCode::kInvalid,
                     fmt::format("no node {} waits or is known: has `coax join` begun there? "
                                 "`coax nodes` lists all",
                                 wanted.name));
    const std::string fingerprint = fingerprint_of(found->public_key());
    if (!wanted.fingerprint.empty() && wanted.fingerprint != fingerprint)
        return Error(ErrorCode::kInvalid,
                     fmt::format("the node that calls itself {} has key {}, expected {}: nothing "
                                 "was signed",
                                 wanted.name, fingerprint, wanted.fingerprint));
    return *found;
}

/// All of them, before the first is signed.
Result<std::vector<ctl::NodeInfo>> choose_all(ControllerClient &controller,
                                              const ApproveOptions &options) {
    COAX_ASSIGN_OR_RETURN(const ctl::Nodes known, controller.nodes());
    std::vector<ctl::NodeInfo> nodes;
    for (const std::string &text : options.wanted) {
        COAX_ASSIGN_OR_RETURN(ctl::NodeInfo node, choose(known, parse_wanted(text)));
        nodes.push_back(std::move(node));
    }
    return nodes;
}

Result<SshCertificate> certify(const Session &session, const ApproveOptions &options,
                               const ctl::NodeInfo &node, Signer &ca) {
    NodeCertificate wanted;
    if (node.public_key().size() != wanted.key.bytes.size())
        return Error(ErrorCode::kInvalid,
                     fmt::format("the controller has no key of node {}", node.name()));
    std::copy(node.public_key().begin(), node.public_key().end(), wanted.key.bytes.begin());
    wanted.names = {node.name()};
    wanted.valid = *parse_span(options.valid);
    return certify_node(wanted, wall_clock(session), ca);
}

Result<ExitCode> approve(const Session &session, ControllerClient &controller,
                         const ApproveOptions &options) {
    COAX_ASSIGN_OR_RETURN(const auto ca, own(open_signer(session, options.ca)));
    COAX_ASSIGN_OR_RETURN(const auto nodes, choose_all(controller, options));
    if (!confirmed(session, options, nodes))
        return Error(ErrorCode::kInvalid, "nothing was signed");
    ctl::Nodes approved;
    for (const ctl::NodeInfo &node : nodes) {
        COAX_ASSIGN_OR_RETURN(const SshCertificate certificate,
                              own(certify(session, options, node, *ca)));
        ctl::ApproveNodeRequest request;
        request.set_name(node.name());
        request.set_certificate(certificate.blob);
        COAX_ASSIGN_OR_RETURN(*approved.add_nodes(), controller.approve_node(request));
    }
    const UnixTime now = wall_clock(session);
    session.print(render_nodes(approved, now, session.view()), nodes_json(approved, now));
    return ExitCode::kOk;
}

} // namespace

void add_nodes_approve(Verb nodes, Action &action) {
    auto options = std::make_shared<ApproveOptions>();
    const Verb verb = nodes.add_subcommand("approve", "Certify nodes that wait, or certify anew");
    verb.add_option("names", options->wanted, "Names, each NAME or NAME=SHA256:...")
        .required()
        .type_name("NAME")
        .check(check_wanted);
    verb.add_option("--valid", options->valid, "For how long, such as 90d or 52w (365d)")
        .type_name("SPAN")
        .check(check_span);
    verb.add_flag("-y,--yes", options->yes, "Do not ask whether the keys are right");
    add_ca_options(verb, options->ca);
    set_action(verb, action, options, approve);
}

} // namespace coax::cli
