// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "controller.pb.h"
#include "controller/admission/certificates.h"
#include "controller/admission/outcome.h"
#include "lib/control/hello.h"
#include "store.pb.h"

namespace coax::controller {

/// What the store knows that concerns one hello.
struct JoinFacts {
    record::Cluster cluster;
    IpPrefix vtep_pool;
    RevocationList revocations;
    record::NodeIds ids;
    std::optional<record::Node> of_identity; // who has this key
    std::optional<record::Node> of_name;     // who has this name
    std::optional<record::Pending> pending;  // who waits under this name
    std::optional<record::Token> token;      // with the id in the hello
};

struct JoinPolicy {
    const TrustAnchors &anchors;
    bool require_token = true;           // of nodes that are certified but not known
    std::optional<SshPublicKey> auto_ca; // certifies every node unseen
    UnixTime now;
};

struct DecidedAdmit {
    record::Node node;   // as it is to be
    bool is_new = false; // to the store
    bool use_token = false;
    bool sign = false; // its certificate is to be made by the auto CA
};
struct DecidedWait {
    record::Pending pending;
    bool use_token = false;
};
using Decision = std::variant<DecidedAdmit, DecidedWait, Refused>;

/// What becomes of a hello. Pure: nothing is changed, and the checks go in this order:
/// form, proof, revocation, names and ids, certificate, token.
Decision decide(const v1::Hello &hello, const ChallengeFacts &challenge, const JoinFacts &facts,
                const JoinPolicy &policy);

/// The id for a node that has none here: the one it has or its certificate ties it to, else the
/// lowest that is free. `wanted` 0: any.
std::variant<NodeId, Refused> choose_id(std::uint32_t wanted, const JoinFacts &facts,
                                        const std::set<NodeId> &tied);

} // namespace coax::controller
