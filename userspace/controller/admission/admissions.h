// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "controller/admission/decide.h"
#include "controller/registry/change.h"
#include "lib/base/guarded.h"
#include "lib/trust/signer.h"

namespace coax::controller {

/// Who becomes a node, and what nodes say of themselves: decisions, and what they change in the
/// store, as one. Everything may be asked again: a second time changes nothing.
/// Threads: any. Ownership: `writer` outlives it. Errors: as Writer; then nothing was decided, and
/// the node is to try again.
class Admissions {
  public:
    using AnchorsNow = std::function<std::shared_ptr<const TrustAnchors>()>;
    struct Options {
        bool require_token = true;
        /// For labs: its holder certifies every node unseen, for 30 days. Nothing: operators do.
        std::unique_ptr<Signer> auto_ca{};
    };
    /// The node as it is now, and whether something of it is new to others.
    struct Announced {
        record::Node node;
        bool changed = false;
    };

    /// `anchors` may be called by any thread.
    Admissions(Writer &writer, AnchorsNow anchors, Options options);

    Result<Admission> admit(const v1::Hello &hello, const ChallengeFacts &challenge);
    /// Of the node that was admitted on this stream.
    Result<std::variant<Announced, Refused>> announce(NodeId node, const v1::Announce &announce);
    /// The operator's certificate admits a node that waits, or renews one. kNotFound, or kInvalid
    /// when it does not certify this node.
    Result<record::Node> approve(const v1::ApproveNodeRequest &request, const std::string &who);

    [[nodiscard]] bool auto_admit() const { return auto_key_.has_value(); }

  private:
    Result<Admission> carry_out(Change &change, const JoinFacts &facts, const Decision &decision);
    Result<Admission> admit_node(Change &change, const JoinFacts &facts, DecidedAdmit admit);
    Status certify(record::Node &node);

    Writer &writer_;
    AnchorsNow anchors_;
    bool require_token_;
    std::optional<SshPublicKey> auto_key_;
    Guarded<std::unique_ptr<Signer>> auto_ca_;
};

} // namespace coax::controller
