// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "cli/session.h"
#include "cli/signer.h"
#include "cli/verb.h"
#include "lib/trust/revocation_list.h"
#include "lib/trust/ssh_certificate.h"
#include "lib/trust/trust_anchors.h"

// What the verbs of `coax ca` share. None of them needs an agent of Coax.
namespace coax::cli {

constexpr std::string_view kCaKey = "coax-ca"; // path of its private key

void add_ca_options(Verb verb, KeyOptions &options);

/// "coax: message" on err. The exit code is 1, also for what would mean "no agent" elsewhere.
ExitCode fail_without_agent(const Session &session, const Error &error);

UnixTime wall_clock(const Session &session);

// Each verb of `coax ca`.
void add_ca_init(Verb ca, Action &action);
void add_ca_sign(Verb ca, Action &action);
void add_ca_revoke(Verb ca, Action &action);
void add_ca_show(Verb ca, Action &action);

// Text for people, and the documents of --json.
std::string render_certificate(const SshCertificate &certificate, UnixTime now, const View &view);
std::string render_revocations(const SignedRevocationList &signed_list, const View &view);
std::string render_anchors(const TrustAnchors &anchors, const View &view);
Json certificate_json(const SshCertificate &certificate, UnixTime now);
Json revocations_json(const SignedRevocationList &signed_list);
Json anchors_json(const TrustAnchors &anchors);

} // namespace coax::cli
