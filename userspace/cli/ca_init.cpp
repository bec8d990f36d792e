// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/ca.h"
#include "lib/base/file.h"
#include "lib/trust/ssh_private_key.h"

namespace coax::cli {
namespace {

constexpr std::uint32_t kPrivateMode = 0600;
constexpr std::uint32_t kPublicMode = 0644;
constexpr std::size_t kCommentMax = 200;

struct InitOptions {
    std::string key = "coax-ca";
    std::string comment = "coax CA";
};

/// Nothing of a CA is ever overwritten: all it certified would be lost.
Status refuse_existing(const std::string &path) {
    std::error_code ignored;
    if (std::filesystem::symlink_status(path, ignored).type() ==
        std::filesystem::file_type::not_found)
        return {};
    return Error(ErrorCode::kExists,
                 fmt::format("{} exists: expected no file there; name another with --ca", path));
}

Result<SshPublicKey> init(const InitOptions &options) {
    const std::string public_path = options.key + ".pub";
    COAX_TRY(refuse_existing(options.key));
    COAX_TRY(refuse_existing(public_path));
    COAX_ASSIGN_OR_RETURN(const SshPrivateKey key, SshPrivateKey::generate());
    const SecretBytes text = key.to_openssh(options.comment);
    COAX_TRY(write_file_atomically(options.key, view_of(text), kPrivateMode));
    COAX_TRY(
        write_file_atomically(public_path, key.public_key().to_line(options.comment), kPublicMode));
    return key.public_key();
}

ExitCode run(const Session &session, const InitOptions &options) {
    const Result<SshPublicKey> key = init(options);
    if (!key.ok())
        return fail_without_agent(session, key.error());
    const std::string public_path = options.key + ".pub";
    session.print(fmt::format("Private key: {} (keep it off the nodes)\n"
                              "Public key:  {}\n"
                              "Fingerprint: {}\n\n"
                              "Put the public key into the file of trust anchors of every node:\n"
                              "{}",
                              options.key, public_path, key->fingerprint(),
                              key->to_line(options.comment)),
                  {{"private_key", options.key},
                   {"public_key", public_path},
                   {"fingerprint", key->fingerprint()}});
    return ExitCode::kOk;
}

} // namespace

void add_ca_init(Verb ca, Action &action) {
    auto options = std::make_shared<InitOptions>();
    const Verb verb = ca.add_subcommand("init", "Make the key pair of a new CA");
    verb.add_option("--ca", options->key, "Where to write its private key (coax-ca)")
        .type_name("PATH");
    verb.add_option("--comment", options->comment, "Comment in the key (coax CA)")
        .type_name("TEXT")
        .check([](const std::string &text) {
            return text.size() <= kCommentMax
                       ? std::string()
                       : fmt::format("expected at most {} characters", kCommentMax);
        });
    verb.callback([options, &action] {
        action = [options](const Session &session) { return run(session, *options); };
    });
}

} // namespace coax::cli
