// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/ca.h"
#include "cli/certify.h"
#include "cli/controller_verb.h"
#include "cli/format.h"
#include "cli/render_control.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "lib/control/join_token.h"

namespace coax::cli {
namespace {

constexpr std::uint32_t kUsesMax = 100000;

struct CreateOptions {
    std::uint32_t uses = 1;
    std::string valid = "1d";
    std::string comment;
    std::vector<std::string> cas; // files
};

Result<std::vector<SshPublicKey>> read_cas(const std::vector<std::string> &paths) {
    std::vector<SshPublicKey> keys;
    for (const std::string &path : paths) {
        COAX_ASSIGN_OR_RETURN(const TrustAnchors anchors, TrustAnchors::load(path));
        for (const TrustAnchor &anchor : anchors.cas)
            keys.push_back(anchor.key);
    }
    return keys;
}

/// The whole token: what the controller knows, and the CAs, which are not its to say.
Result<std::string> token_text(const ctl::CreatedToken &made, std::vector<SshPublicKey> cas) {
    JoinToken token;
    token.network_id = made.network_id();
    token.controllers.assign(made.controllers().begin(), made.controllers().end());
    token.tls_certificate = made.tls_certificate();
    token.secret = made.secret();
    token.cas = std::move(cas);
    std::string text = token.to_text();
    COAX_TRY(JoinToken::parse(text));
    return text;
}

Result<ExitCode> create(const Session &session, ControllerClient &controller,
                        const CreateOptions &options) {
    COAX_ASSIGN_OR_RETURN(std::vector<SshPublicKey> cas, own(read_cas(options.cas)));
    ctl::CreateTokenRequest request;
    request.set_uses(options.uses);
    request.set_valid_seconds(static_cast<std::uint32_t>(parse_span(options.valid)->count()));
    request.set_comment(options.comment);
    COAX_ASSIGN_OR_RETURN(const ctl::CreatedToken made, controller.create_token(request));
    COAX_ASSIGN_OR_RETURN(const std::string text, token_text(made, std::move(cas)));
    Json json = to_json(made.token());
    json["token"] = text;
    const std::string_view no_ca = options.cas.empty() ? " --ca FILE" : "";
    session.print(fmt::format("{}\n\nOn each new node: coax join TOKEN{}\n"
                              "Good for {} until {}; shown only now. Who has it can ask to join.\n",
                              text, no_ca, plural(made.token().uses_left(), "node"),
                              time_text(time_from_wire(made.token().expires()))),
                  json);
    return ExitCode::kOk;
}

Result<ExitCode> list(const Session &session, ControllerClient &controller, const NoOptions &) {
    COAX_ASSIGN_OR_RETURN(const ctl::Tokens tokens, controller.tokens());
    session.print(render_tokens(tokens, wall_clock(session), session.view()), to_json(tokens));
    return ExitCode::kOk;
}

Result<ExitCode> remove(const Session &session, ControllerClient &controller,
                        const NamedOptions &options) {
    ctl::RemoveTokenRequest request;
    request.set_id(options.name);
    COAX_ASSIGN_OR_RETURN(const ctl::Changed changed, controller.remove_token(request));
    session.print(
        fmt::format("token {} is of no more use; nodes that joined with it stay\n", options.name),
        {{"removed", options.name}, {"revision", changed.revision()}});
    return ExitCode::kOk;
}

void add_create(Verb tokens, Action &action) {
    auto options = std::make_shared<CreateOptions>();
    const Verb verb = tokens.add_subcommand("create", "Make a token for nodes that join");
    verb.add_option("--uses", options->uses, "For how many nodes (1)")
        .type_name("COUNT")
        .in_range(std::uint32_t{1}, kUsesMax);
    verb.add_option("--valid", options->valid, "For how long, such as 30m or 7d (1d)")
        .type_name("SPAN")
        .check(check_span);
    verb.add_option("--comment", options->comment, "Text for people").type_name("TEXT");
    verb.add_option("--ca", options->cas, "Public key of your CA; may be given again")
        .type_name("PATH");
    set_action(verb, action, options, create);
}

Cell until_cell(std::uint64_t expires, UnixTime now) {
    const std::chrono::seconds left = time_from_wire(expires) - now;
    if (left <= std::chrono::seconds(0))
        return {"expired", Tone::kBad};
    return {format_duration(static_cast<std::uint64_t>(left.count()))};
}

} // namespace

std::string render_tokens(const ctl::Tokens &tokens, UnixTime now, const View &view) {
    if (tokens.tokens().empty())
        return "no tokens: `coax token create` makes one\n";
    Table table({{"TOKEN"},
                 {"USES LEFT", Align::kRight},
                 {"VALID FOR", Align::kRight},
                 {"MADE BY", Align::kLeft, 8},
                 {"USED BY", Align::kLeft, 8},
                 {"COMMENT", Align::kLeft, 8}});
    for (const ctl::Token &token : tokens.tokens()) {
        table.add(
            {{token.id()},
             {fmt::format("{}", token.uses_left())},
             until_cell(token.expires(), now),
             {token.created_by()},
             {token.used_by().empty() ? "-" : fmt::format("{}", fmt::join(token.used_by(), " "))},
             {token.comment().empty() ? "-" : token.comment()}});
    }
    return table.render(view);
}

void add_tokens(Verb app, Action &action) {
    const Verb tokens = add_group(app, action, {"tokens", "Join tokens"}, list);
    tokens.alias("token");
    add_create(tokens, action);
    add_named(tokens, action, {"delete", "End a token"}, remove).alias("remove");
}

} // namespace coax::cli
