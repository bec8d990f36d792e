// SPDX-License-Identifier: Apache-2.0
// Makes this machine a node: its key, its certificate, its configuration file. May be ended and run
// again at any point; the configuration is written last.
#include <algorithm>
#include <istream>
#include <memory>
#include <ostream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/ca.h"
#include "cli/certify.h"
#include "cli/controller_access.h"
#include "cli/format.h"
#include "cli/join_config.h"
#include "cli/join_files.h"
#include "cli/join_stream.h"
#include "cli/verbs.h"
#include "coax/abi/limits.h"
#include "lib/base/file.h"
#include "lib/trust/certificate_check.h"
#include "lib/trust/peer_rule.h"

namespace coax::cli {
namespace {

constexpr std::string_view kConfig = "/etc/coax/coax.toml";
constexpr std::string_view kServices = "coax-guard.service coaxd.service";
constexpr std::size_t kBaseBytesMax = 1024 * 1024;

struct JoinOptions {
    std::string token;
    std::string name; // empty: the host's
    std::vector<std::string> uplinks;
    std::string config{kConfig};
    std::string base;
    std::vector<std::string> cas;
    std::string identity;
    std::uint32_t timeout_seconds = 0;
    bool start = false;
    bool no_start = false;
};

/// All that is known before a controller is asked.
struct Plan {
    JoinToken token;
    std::string name;
    std::vector<std::string> uplinks;
    JoinBase base;
    JoinPaths paths;
    TrustAnchors cas; // of the token and of --ca
};

Result<JoinToken> read_token(const Session &session, const JoinOptions &options) {
    std::string text = options.token;
    if (text == "-")
        std::getline(session.host().in, text);
    return JoinToken::parse(text);
}

Result<std::string> name_of(const Session &session, const JoinOptions &options) {
    if (!options.name.empty())
        return options.name;
    std::string name = session.host().host_name();
    name = name.substr(0, name.find('.'));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (const std::string wrong = check_name(name); !wrong.empty())
        return Error(ErrorCode::kInvalid,
                     fmt::format("host name \"{}\" is no name for a node: {}; give one with --name",
                                 printable(name), wrong));
    return name;
}

Result<TrustAnchors> cas_of(const JoinOptions &options, const JoinToken &token) {
    TrustAnchors all;
    for (const SshPublicKey &key : token.cas)
        all.cas.push_back({key, "of the join token"});
    for (const std::string &path : options.cas) {
        COAX_ASSIGN_OR_RETURN(const TrustAnchors more, TrustAnchors::load(path));
        for (const TrustAnchor &anchor : more.cas) {
            if (!all.contains(anchor.key))
                all.cas.push_back(anchor);
        }
    }
    return all;
}

Result<JoinBase> base_of(const JoinOptions &options) {
    if (options.base.empty())
        return JoinBase();
    COAX_ASSIGN_OR_RETURN(std::string text, read_file(options.base, kBaseBytesMax));
    return parse_join_base(std::move(text), options.base);
}

Result<std::vector<std::string>> uplinks_of(const Session &session, const JoinOptions &options,
                                            const JoinBase &base) {
    if (base.has_underlay && !options.uplinks.empty())
        return Error(ErrorCode::kInvalid,
                     fmt::format("{} has [underlay] already: write the uplinks "
                                 "there instead of --uplink",
                                 options.base));
    if (base.has_underlay || !options.uplinks.empty())
        return options.uplinks;
    std::vector<std::string> found = session.host().default_route_interfaces();
    if (found.empty())
        return Error(ErrorCode::kInvalid, "this machine has no default route that would tell the "
                                          "interface towards the other nodes: give --uplink NAME");
    return found;
}

Result<Plan> make_plan(const Session &session, const JoinOptions &options) {
    Plan plan;
    COAX_ASSIGN_OR_RETURN(plan.token, read_token(session, options));
    COAX_ASSIGN_OR_RETURN(plan.name, name_of(session, options));
    COAX_ASSIGN_OR_RETURN(plan.cas, cas_of(options, plan.token));
    COAX_ASSIGN_OR_RETURN(plan.base, base_of(options));
    COAX_ASSIGN_OR_RETURN(plan.uplinks, uplinks_of(session, options, plan.base));
    const std::string state_dir =
        plan.base.state_dir.empty()
            ? fmt::format("{}/{}", session.host().state_root, session.instance())
            : plan.base.state_dir;
    plan.paths = join_paths(options.config, state_dir, options.identity);
    return plan;
}

/// What the operator has to know while this waits: on err, which people see and scripts do not read.
JoinProgress progress_for(const Session &session, const Plan &plan, const SshPublicKey &key) {
    std::ostream &err = session.host().err;
    const std::string command =
        fmt::format("coax nodes approve {}={} --ca CA_KEY", plan.name, key.fingerprint());
    return {[&err, command](const std::string &text) {
                err << fmt::format("coax: {}\ncoax: waiting; where the CA's key is:\n  {}\n",
                                   printable(text), command)
                    << std::flush;
            },
            [&err](const std::string &controller, const std::string &why) {
                err << fmt::format("coax: {}: {}; trying again\n", printable(controller),
                                   printable(why))
                    << std::flush;
            }};
}

/// The certificate of this node, verified by the CAs it believes: no controller can slip in another.
Result<SshCertificate> accepted_certificate(const Plan &plan, const ctl::Welcome &welcome,
                                            const std::optional<SshCertificate> &present,
                                            const TrustAnchors &anchors) {
    if (welcome.certificate().empty() && !present)
        return Error(ErrorCode::kInvalid,
                     "the controller welcomes this node without a certificate");
    auto parsed = welcome.certificate().empty() ? Result<SshCertificate>(*present)
                                                : SshCertificate::from_blob(welcome.certificate());
    if (!parsed.ok())
        return parsed.error().with_context("certificate from the controller");
    const CertificateDemand demand{CertificateType::kHost, plan.name};
    if (const auto refusal = check_certificate(*parsed, demand, anchors, RevocationList()); refusal)
        return Error(
            ErrorCode::kPermission,
            fmt::format("the certificate of this node is refused here: {}", refusal->message));
    return parsed;
}

Result<JoinedNode> joined_node(const Session &session, const JoinOptions &options, const Plan &plan,
                               const ctl::Welcome &welcome) {
    if (welcome.network_id() != plan.token.network_id || welcome.name() != plan.name ||
        welcome.node_id() == 0 || welcome.node_id() > COAX_NODE_ID_MAX)
        return Error(ErrorCode::kInvalid,
                     fmt::format("the controller welcomes node {} ({}) to network {}, expected {} "
                                 "to {}",
                                 welcome.node_id(), printable(welcome.name()),
                                 printable(welcome.network_id()), plan.name,
                                 plan.token.network_id));
    JoinedNode node;
    node.node_id = welcome.node_id();
    node.name = plan.name;
    node.instance = session.instance();
    node.uplinks = plan.uplinks;
    node.network_id = plan.token.network_id;
    node.vtep_pool = welcome.vtep_pool();
    node.controllers = plan.token.controllers;
    if (!welcome.controllers().empty())
        node.controllers.assign(welcome.controllers().begin(), welcome.controllers().end());
    if (!options.identity.empty())
        node.identity = std::filesystem::absolute(options.identity).string();
    node.base = plan.base;
    return node;
}

/// From the first byte on the wire to the last file.
Result<PresentConfig> join(const Session &session, const JoinOptions &options, const Plan &plan) {
    COAX_ASSIGN_OR_RETURN(const TrustAnchors anchors, ready_anchors(plan.paths, plan.cas));
    COAX_ASSIGN_OR_RETURN(SshPrivateKey key, ready_identity(plan.paths, plan.name));
    COAX_ASSIGN_OR_RETURN(const auto present, present_certificate(plan.paths, key.public_key()));
    const JoinRequest request{plan.token, plan.name, present ? present->blob : std::string(),
                              std::chrono::seconds(options.timeout_seconds)};
    COAX_ASSIGN_OR_RETURN(const ctl::Welcome welcome,
                          ask_to_join(request, key, progress_for(session, plan, key.public_key())));
    COAX_ASSIGN_OR_RETURN(const SshCertificate certificate,
                          accepted_certificate(plan, welcome, present, anchors));
    if (certificate.facts.key != key.public_key())
        return Error(ErrorCode::kPermission, "the controller sent a certificate of another key");
    COAX_ASSIGN_OR_RETURN(const JoinedNode node, joined_node(session, options, plan, welcome));
    JoinedFiles files{anchors, std::nullopt, plan.token.tls_certificate, ""};
    COAX_ASSIGN_OR_RETURN(files.config, compose_config(node));
    if (!present || present->blob != certificate.blob)
        files.certificate = certificate;
    COAX_TRY(write_files(plan.paths, files));
    return PresentConfig{node.name, node.node_id, node.network_id};
}

/// How the agent of this configuration is started: systemd's unit knows only the default one.
struct Starting {
    bool by_systemd = false;
    std::vector<std::string> command;
};

Starting how_to_start(const Session &session, const JoinOptions &options) {
    const bool usual = options.config == kConfig && session.instance() == "coax";
    if (!usual || !session.host().has_systemd)
        return {false, {"coaxd", "--config", options.config}};
    return {true,
            {"systemctl", "enable", "--now", "--no-block", "coax-guard.service", "coaxd.service"}};
}

ExitCode finish(const Session &session, const JoinOptions &options, const PresentConfig &node) {
    const Starting starting = how_to_start(session, options);
    const std::string command = fmt::format("{}", fmt::join(starting.command, " "));
    bool started = false;
    if (starting.by_systemd && !options.no_start) {
        if (const Status done = session.host().run_program(starting.command); !done.ok())
            return fail_without_agent(session, done.error());
        started = true;
    }
    const std::string how = started ? fmt::format("{} are started\n", kServices)
                                    : fmt::format("Start it: {}\n", command);
    session.print(fmt::format("{} is node {} of network {}\nConfiguration: {}\n{}", node.name,
                              node.node_id, node.network_id, options.config, how),
                  {{"node_id", node.node_id},
                   {"name", node.name},
                   {"network_id", node.network_id},
                   {"config", options.config},
                   {"started", started},
                   {"start", starting.command}});
    return ExitCode::kOk;
}

Result<PresentConfig> join_once(const Session &session, const JoinOptions &options) {
    COAX_ASSIGN_OR_RETURN(const Plan plan, own(make_plan(session, options)));
    COAX_ASSIGN_OR_RETURN(const auto present, own(prepare_files(plan.paths, plan.token)));
    if (!present)
        return join(session, options, plan);
    if (!options.name.empty() && present->name != options.name)
        return Error(ErrorCode::kExists,
                     fmt::format("{} is of node {} ({}) already, not of {}", options.config,
                                 present->node_id, present->name, options.name));
    return *present;
}

ExitCode run(const Session &session, const JoinOptions &options) {
    if (options.start && !how_to_start(session, options).by_systemd)
        return fail_without_agent(
            session,
            Error(ErrorCode::kInvalid,
                  fmt::format("--start needs systemd, {} and the instance coax", kConfig)));
    const Result<PresentConfig> node = join_once(session, options);
    if (node.ok())
        return finish(session, options, *node);
    return node.error().code() == ErrorCode::kUnavailable
               ? session.fail_plainly(node.error())
               : fail_without_agent(session, node.error());
}

} // namespace

void add_join(Verb app, Action &action) {
    auto options = std::make_shared<JoinOptions>();
    const Verb verb = app.add_subcommand("join", "Make this machine a node");
    verb.add_option("token", options->token, "From `coax token create`; -: read it from stdin")
        .required()
        .type_name("TOKEN");
    verb.add_option("-n,--name", options->name, "Name of this node (the host's)")
        .type_name("NAME")
        .check(check_name);
    verb.add_option("--uplink", options->uplinks, "Interface to other nodes (default route's)")
        .type_name("INTERFACE");
    verb.add_option("--ca", options->cas, "Public key of your CA, if the token has none")
        .type_name("PATH");
    verb.add_option("--identity", options->identity, "Private key to use, such as a host key")
        .type_name("PATH");
    verb.add_option("--config", options->config, "What to write (/etc/coax/coax.toml)")
        .type_name("PATH");
    verb.add_option("--base", options->base, "TOML that goes into it: [wireguard], [agent], ...")
        .type_name("PATH");
    verb.add_option("--timeout", options->timeout_seconds, "Seconds to wait (as long as it takes)")
        .type_name("SECONDS");
    const Option start = verb.add_flag("--start", options->start, "Start the agent, or fail");
    verb.add_flag("--no-start", options->no_start, "Do not start the agent").excludes(start);
    verb.callback([options, &action] {
        action = [options](const Session &session) { return run(session, *options); };
    });
}

} // namespace coax::cli
