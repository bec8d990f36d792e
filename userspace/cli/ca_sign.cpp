// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <optional>

#include <fmt/format.h>
#include <sodium.h>

#include "cli/ca.h"
#include "coax/abi/limits.h"
#include "lib/base/file.h"
#include "lib/trust/binding.h"
#include "lib/trust/peer_rule.h"

namespace coax::cli {
namespace {

constexpr std::uint32_t kFileMode = 0644;
constexpr std::chrono::minutes kClockSkew(5); // a node's clock may be behind that much
constexpr std::uint32_t kDaysMax = 36500;

struct SignOptions {
    CaOptions ca;
    std::string key;
    std::vector<std::string> names;
    std::vector<std::uint32_t> ids;
    std::string valid = "365d";
    std::uint64_t serial = 0; // 0: a random one
    std::string key_id;       // empty: the first name
    std::string out;          // empty: beside the key
};

/// "90d": a number and one of m h d w; at most kDaysMax.
std::optional<std::chrono::seconds> parse_span(std::string_view text) {
    std::uint32_t count = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc() || count == 0 || text.data() + text.size() != stop + 1)
        return std::nullopt;
    std::chrono::seconds unit(0);
    switch (text.back()) {
    case 'm':
        unit = std::chrono::minutes(1);
        break;
    case 'h':
        unit = std::chrono::hours(1);
        break;
    case 'd':
        unit = std::chrono::days(1);
        break;
    case 'w':
        unit = std::chrono::weeks(1);
        break;
    default:
        return std::nullopt;
    }
    const std::chrono::seconds span = unit * count;
    return span <= std::chrono::days(kDaysMax) ? std::optional(span) : std::nullopt;
}

std::string check_span(const std::string &text) {
    return parse_span(text) ? "" : "expected a number and one of m h d w, such as 90d or 52w";
}

std::string check_name(const std::string &text) {
    return is_node_name(text) ? "" : fmt::format("expected 1 to {} of a-z 0-9 - .", kNodeNameMax);
}

/// "key.pub" -> "key-cert.pub", as ssh-keygen does.
std::string path_beside(const std::string &key) {
    const std::string_view stem = key;
    return fmt::format("{}-cert.pub",
                       key.ends_with(".pub") ? stem.substr(0, key.size() - 4) : stem);
}

/// Serials are for revoking, so they should differ; not 0, which means none.
std::uint64_t random_serial() {
    std::uint64_t serial = 0;
    while (serial == 0)
        randombytes_buf(&serial, sizeof(serial));
    return serial;
}

Result<SshCertificate> certify(const Session &session, const SignOptions &options) {
    CertificateFacts facts;
    COAX_ASSIGN_OR_RETURN(facts.key, read_public_key(options.key));
    facts.serial = options.serial == 0 ? random_serial() : options.serial;
    facts.key_id = options.key_id.empty() ? options.names.front() : options.key_id;
    facts.principals = options.names;
    for (const std::uint32_t id : options.ids)
        facts.principals.push_back(node_principal(NodeId(id)));
    const UnixTime now = wall_clock(session);
    facts.valid_after = now - kClockSkew;
    facts.valid_before = now + *parse_span(options.valid);
    COAX_ASSIGN_OR_RETURN(const std::unique_ptr<Signer> ca, open_ca(session, options.ca));
    return make_certificate(facts, *ca);
}

ExitCode run(const Session &session, const SignOptions &options) {
    const Result<SshCertificate> certificate = certify(session, options);
    if (!certificate.ok())
        return fail_without_agent(session, certificate.error());
    const std::string path = options.out.empty() ? path_beside(options.key) : options.out;
    const Status written =
        write_file_atomically(path, certificate->to_line(certificate->facts.key_id), kFileMode);
    if (!written.ok())
        return fail_without_agent(session, written.error());
    const UnixTime now = wall_clock(session);
    session.print(render_certificate(*certificate, now, session.view()) +
                      fmt::format("\nWritten to {}\n", path),
                  {{"path", path}, {"certificate", certificate_json(*certificate, now)}});
    return ExitCode::kOk;
}

} // namespace

void add_ca_sign(CLI::App &ca, Action &action) {
    auto options = std::make_shared<SignOptions>();
    CLI::App *verb = ca.add_subcommand("sign", "Certify the identity key of a node");
    verb->add_option("key", options->key, "Public key of the node, or its old certificate")
        ->required()
        ->type_name("PATH");
    verb->add_option("-n,--name", options->names, "Name of the node; may be given again")
        ->required()
        ->allow_extra_args(false)
        ->type_name("NAME")
        ->check(check_name);
    verb->add_option("--id", options->ids, "Only for this node id, if it is known already")
        ->allow_extra_args(false)
        ->type_name("ID")
        ->check(CLI::Range(1, COAX_NODE_ID_MAX));
    verb->add_option("--valid", options->valid, "For how long, such as 90d or 52w (365d)")
        ->type_name("SPAN")
        ->check(check_span);
    verb->add_option("--serial", options->serial, "Serial number (a random one)")
        ->type_name("NUMBER")
        ->check(CLI::PositiveNumber);
    verb->add_option("--key-id", options->key_id, "Text for logs (the name)")->type_name("TEXT");
    verb->add_option("-o,--out", options->out, "Where to write it (KEY-cert.pub)")
        ->type_name("PATH");
    add_ca_options(*verb, options->ca);
    verb->callback([options, &action] {
        action = [options](const Session &session) { return run(session, *options); };
    });
}

} // namespace coax::cli
