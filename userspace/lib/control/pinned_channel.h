// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <grpcpp/channel.h>

#include "lib/base/result.h"

namespace coax {

/// TLS to `address` ("host:port"), accepted only from who has the key of `tls_certificate` (DER),
/// whatever name is in it. Connects when first used. kInvalid: not a certificate.
Result<std::shared_ptr<grpc::Channel>> pinned_channel(const std::string &address,
                                                      std::string_view tls_certificate);

/// A controller's unix socket.
std::shared_ptr<grpc::Channel> socket_channel(const std::string &path);

/// PEM with one certificate, to DER and back.
Result<std::string> certificate_from_pem(std::string_view pem);
std::string certificate_to_pem(std::string_view der);

} // namespace coax
