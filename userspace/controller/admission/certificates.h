// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "controller/admission/outcome.h"
#include "lib/base/types.h"
#include "lib/trust/revocation_list.h"
#include "lib/trust/ssh_certificate.h"
#include "lib/trust/trust_anchors.h"

namespace coax::controller {

/// What a node's certificate is held against. References are borrowed for the call.
struct CertificateRule {
    const TrustAnchors &anchors;
    const RevocationList &revocations;
    UnixTime now;
};

/// Whether `blob` certifies `key` as the node `name`, here and now.
std::variant<SshCertificate, Refused> judge_certificate(std::string_view blob,
                                                        const SshPublicKey &key,
                                                        std::string_view name,
                                                        const CertificateRule &rule);

/// The ids that principals tie it to ("node-17@coax"); empty: any.
std::set<NodeId> tied_ids(const SshCertificate &certificate);

} // namespace coax::controller
