// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/types.h"
#include "lib/trust/signer.h"
#include "lib/trust/ssh_certificate.h"

namespace coax::cli {

constexpr std::string_view kCertificateSpan = "365d";

/// "90d": a number and one of m h d w; absent for anything else and for more than a century.
std::optional<std::chrono::seconds> parse_span(std::string_view text);

// For Option::check().
std::string check_span(const std::string &text);
std::string check_name(const std::string &text);

/// What a node is certified for.
struct NodeCertificate {
    SshPublicKey key;
    std::vector<std::string> names; // at least one
    std::vector<NodeId> ids;        // only for these; empty: for any
    std::chrono::seconds valid{0};
    std::uint64_t serial = 0; // 0: a random one
    std::string key_id;       // empty: the first name
};

/// Errors: those of make_certificate() and of the CA.
Result<SshCertificate> certify_node(const NodeCertificate &wanted, UnixTime now, Signer &ca);

} // namespace coax::cli
