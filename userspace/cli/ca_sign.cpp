// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/ca.h"
#include "cli/certify.h"
#include "coax/abi/limits.h"
#include "lib/base/file.h"

namespace coax::cli {
namespace {

constexpr std::uint32_t kFileMode = 0644;

struct SignOptions {
    KeyOptions ca{std::string(kCaKey)};
    std::string key;
    std::vector<std::string> names;
    std::vector<std::uint32_t> ids;
    std::string valid{kCertificateSpan};
    std::uint64_t serial = 0; // 0: a random one
    std::string key_id;       // empty: the first name
    std::string out;          // empty: beside the key
};

/// "key.pub" -> "key-cert.pub", as ssh-keygen does.
std::string path_beside(const std::string &key) {
    const std::string_view stem = key;
    return fmt::format("{}-cert.pub",
                       key.ends_with(".pub") ? stem.substr(0, key.size() - 4) : stem);
}

Result<SshCertificate> certify(const Session &session, const SignOptions &options) {
    NodeCertificate wanted;
    COAX_ASSIGN_OR_RETURN(wanted.key, read_public_key(options.key));
    wanted.names = options.names;
    for (const std::uint32_t id : options.ids)
        wanted.ids.emplace_back(id);
    wanted.valid = *parse_span(options.valid);
    wanted.serial = options.serial;
    wanted.key_id = options.key_id;
    COAX_ASSIGN_OR_RETURN(const std::unique_ptr<Signer> ca, open_signer(session, options.ca));
    return certify_node(wanted, wall_clock(session), *ca);
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

void add_ca_sign(Verb ca, Action &action) {
    auto options = std::make_shared<SignOptions>();
    const Verb verb = ca.add_subcommand("sign", "Certify the identity key of a node");
    verb.add_option("key", options->key, "Public key of the node, or its old certificate")
        .required()
        .type_name("PATH");
    verb.add_option("-n,--name", options->names, "Name of the node; may be given again")
        .required()
        .type_name("NAME")
        .check(check_name);
    verb.add_option("--id", options->ids, "Only for this node id, if it is known already")
        .type_name("ID")
        .in_range(1, COAX_NODE_ID_MAX);
    verb.add_option("--valid", options->valid, "For how long, such as 90d or 52w (365d)")
        .type_name("SPAN")
        .check(check_span);
    verb.add_option("--serial", options->serial, "Serial number (a random one)")
        .type_name("NUMBER")
        .in_range(std::uint64_t{1}, UINT64_MAX);
    verb.add_option("--key-id", options->key_id, "Text for logs (the name)").type_name("TEXT");
    verb.add_option("-o,--out", options->out, "Where to write it (KEY-cert.pub)").type_name("PATH");
    add_ca_options(verb, options->ca);
    verb.callback([options, &action] {
        action = [options](const Session &session) { return run(session, *options); };
    });
}

} // namespace coax::cli
