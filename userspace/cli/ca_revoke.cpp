// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/ca.h"
#include "lib/trust/revocation_memory.h"

namespace coax::cli {
namespace {

struct RevokeOptions {
    KeyOptions ca{std::string(kCaKey)};
    std::vector<std::string> keys;
    std::vector<std::uint64_t> serials;
    std::string list = "coax-revocations";
    std::string anchors; // empty: only the CA itself may have signed the list before
};

/// The list to add to. Nobody else's is taken: it could leave out what was revoked.
Result<RevocationList> present_list(const RevokeOptions &options, const SshPublicKey &ca) {
    const auto bytes = read_revocation_file(options.list);
    if (!bytes.ok() && bytes.error().code() == ErrorCode::kNotFound)
        return RevocationList{};
    if (!bytes.ok())
        return bytes.error();
    auto present = open_revocation_list(*bytes);
    if (!present.ok())
        return present.error().with_context(options.list);
    TrustAnchors anchors;
    if (!options.anchors.empty()) {
        COAX_ASSIGN_OR_RETURN(anchors, TrustAnchors::load(options.anchors));
    }
    if (present->ca != ca && !anchors.contains(present->ca))
        return Error(ErrorCode::kPermission,
                     fmt::format("{} is signed by {}, expected {}: if that is a CA of yours, give "
                                 "the file that holds its key with --anchors",
                                 options.list, present->ca.fingerprint(), ca.fingerprint()));
    return std::move(present->list);
}

Status add_all(const RevokeOptions &options, const SshPublicKey &ca, RevocationList &list) {
    for (const std::string &path : options.keys) {
        COAX_ASSIGN_OR_RETURN(const SshPublicKey key, read_public_key(path));
        if (key == ca)
            return Error(ErrorCode::kInvalid,
                         fmt::format("{} is the CA itself: that would revoke all it certified; to "
                                     "end a CA, certify the nodes with another and take its key "
                                     "out of the trust anchors",
                                     path));
        list.keys.insert(key);
    }
    for (const std::uint64_t serial : options.serials)
        list.serials.insert({ca, serial});
    return {};
}

Result<SignedRevocationList> revoke(const Session &session, const RevokeOptions &options) {
    COAX_ASSIGN_OR_RETURN(const std::unique_ptr<Signer> ca, open_signer(session, options.ca));
    const SshPublicKey &key = ca->public_key();
    COAX_ASSIGN_OR_RETURN(RevocationList list, present_list(options, key));
    COAX_TRY(add_all(options, key, list));
    ++list.version;
    list.issued = wall_clock(session);
    COAX_ASSIGN_OR_RETURN(const std::string bytes, sign_revocation_list(list, *ca));
    COAX_TRY(write_revocation_file(options.list, bytes));
    return SignedRevocationList{std::move(list), key};
}

ExitCode run(const Session &session, const RevokeOptions &options) {
    const Result<SignedRevocationList> done = revoke(session, options);
    if (!done.ok())
        return fail_without_agent(session, done.error());
    session.print(render_revocations(*done, session.view()) +
                      fmt::format("\nWritten to {}\n", options.list),
                  {{"path", options.list}, {"revocation_list", revocations_json(*done)}});
    return ExitCode::kOk;
}

} // namespace

void add_ca_revoke(Verb ca, Action &action) {
    auto options = std::make_shared<RevokeOptions>();
    const Verb verb = ca.add_subcommand("revoke", "Add to the revocation list and sign it");
    verb.add_option("key", options->keys, "Public key or certificate whose key is revoked")
        .type_name("PATH");
    verb.add_option("--serial", options->serials, "Serial number of a certificate of this CA")
        .type_name("NUMBER")
        .in_range(std::uint64_t{1}, UINT64_MAX);
    verb.add_option("--list", options->list, "The list (coax-revocations)").type_name("PATH");
    verb.add_option("--anchors", options->anchors, "CAs that may have signed the list before")
        .type_name("PATH");
    add_ca_options(verb, options->ca);
    verb.callback([options, &action] {
        action = [options](const Session &session) { return run(session, *options); };
    });
}

} // namespace coax::cli
