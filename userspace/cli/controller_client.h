// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "controller.pb.h"
#include "lib/base/result.h"
#include "lib/trust/signer.h"

namespace coax::cli {

namespace ctl = coax::controller::v1;

/// The service Operators of one controller. Blocking; not thread-safe. Every call ends within its
/// deadline. Errors: kNotFound, kPermission or kUnavailable when the controller cannot be reached
/// or does not answer in time; else what the controller said, kNotFound never among it.
class ControllerClient {
  public:
    static constexpr std::chrono::milliseconds kDeadline{10000};

    /// A controller on this machine, by its unix socket: who may open that is an operator.
    static Result<std::unique_ptr<ControllerClient>> at_socket(const std::string &path);
    /// TLS to `address` ("host:port"), pinned to `tls_certificate` (DER). log_in() comes next.
    static Result<std::unique_ptr<ControllerClient>> at_address(const std::string &address,
                                                                std::string_view tls_certificate);

    ~ControllerClient();
    ControllerClient(const ControllerClient &) = delete;
    ControllerClient &operator=(const ControllerClient &) = delete;

    /// What the controller knows the caller by from now on. `network_id`: of the overlay that is
    /// expected there, empty for any; kPermission when the controller is one of another.
    struct LoggedIn {
        ctl::Session session; // the session itself is left out
        std::string network_id;
    };
    Result<LoggedIn> log_in(const std::string &network_id, Signer &key);

    Result<ctl::ControllerStatus> status();
    Result<ctl::Nodes> nodes();
    Result<ctl::NodeInfo> approve_node(const ctl::ApproveNodeRequest &request);
    Result<ctl::Changed> remove_node(const ctl::RemoveNodeRequest &request);
    Result<ctl::Networks> networks();
    Result<ctl::Changed> put_network(const ctl::PutNetworkRequest &request);
    Result<ctl::Changed> remove_network(const ctl::RemoveNetworkRequest &request);
    Result<ctl::ControllerPorts> ports();
    Result<ctl::Changed> put_port(const ctl::PutPortRequest &request);
    Result<ctl::Changed> remove_port(const ctl::RemovePortRequest &request);
    Result<ctl::Tokens> tokens();
    Result<ctl::CreatedToken> create_token(const ctl::CreateTokenRequest &request);
    Result<ctl::Changed> remove_token(const ctl::RemoveTokenRequest &request);
    Result<ctl::Revocations> revocations();
    Result<ctl::Changed> put_revocations(const ctl::Revocations &list);
    Result<ctl::Audit> audit(const ctl::AuditRequest &request);

  private:
    class Channel; // keeps gRPC's headers out of here
    explicit ControllerClient(std::unique_ptr<Channel> channel);

    std::unique_ptr<Channel> channel_;
};

} // namespace coax::cli
