// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "controller.pb.h"
#include "controller/admission/admissions.h"
#include "controller/registry/change.h"
#include "controller/registry/nodes.h"
#include "controller/registry/revocations.h"
#include "controller/registry/tokens.h"
#include "controller/registry/topology.h"

namespace coax::controller {

/// What the operators' calls answer, without gRPC. `who` is for the audit log.
/// Threads: any. Ownership: borrows what it is made of. Errors: as the registries.
class Operators {
  public:
    struct Options {
        std::vector<std::string> controllers; // "host:port", all of them, for join tokens
        std::string tls_certificate;          // DER
        /// Puts in what only this process knows: names, versions, store, agents, times.
        std::function<void(v1::ControllerStatus &)> local_status;
        /// raise_applied() with what this process tells.
        std::function<void(v1::Nodes &)> raise_applied;
    };

    Operators(Writer &writer, Admissions &admissions, Admissions::AnchorsNow anchors,
              Options options)
        : writer_(writer),
          admissions_(admissions),
          anchors_(std::move(anchors)),
          options_(std::move(options)),
          nodes_(writer),
          topology_(writer),
          tokens_(writer),
          revocations_(writer) {}

    Result<v1::ControllerStatus> status(const v1::ControllerStatusRequest &,
                                        const std::string &who);
    Result<v1::Nodes> nodes(const v1::NodesRequest &, const std::string &who);
    Result<v1::NodeInfo> approve(const v1::ApproveNodeRequest &, const std::string &who);
    Result<v1::Changed> remove_node(const v1::RemoveNodeRequest &, const std::string &who);
    Result<v1::Networks> networks(const v1::NetworksRequest &, const std::string &who);
    Result<v1::Changed> put_network(const v1::PutNetworkRequest &, const std::string &who);
    Result<v1::Changed> remove_network(const v1::RemoveNetworkRequest &, const std::string &who);
    Result<v1::ControllerPorts> ports(const v1::ControllerPortsRequest &, const std::string &who);
    Result<v1::Changed> put_port(const v1::PutPortRequest &, const std::string &who);
    Result<v1::Changed> remove_port(const v1::RemovePortRequest &, const std::string &who);
    Result<v1::Tokens> tokens(const v1::TokensRequest &, const std::string &who);
    Result<v1::CreatedToken> create_token(const v1::CreateTokenRequest &, const std::string &who);
    Result<v1::Changed> remove_token(const v1::RemoveTokenRequest &, const std::string &who);
    Result<v1::Revocations> revocations(const v1::RevocationsRequest &, const std::string &who);
    Result<v1::Changed> put_revocations(const v1::Revocations &, const std::string &who);
    Result<v1::Audit> audit(const v1::AuditRequest &, const std::string &who);

  private:
    Result<v1::Changed> changed(Result<Revision> revision);

    Writer &writer_;
    Admissions &admissions_;
    Admissions::AnchorsNow anchors_;
    Options options_;
    NodeRegistry nodes_;
    TopologyRegistry topology_;
    TokenRegistry tokens_;
    RevocationRegistry revocations_;
};

} // namespace coax::controller
