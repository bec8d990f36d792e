// SPDX-License-Identifier: Apache-2.0
#include "cli/certify.h"

#include <charconv>

#include <fmt/format.h>
#include <sodium.h>

#include "lib/trust/binding.h"
#include "lib/trust/peer_rule.h"

namespace coax::cli {
namespace {

constexpr std::chrono::minutes kClockSkew(5); // a node's clock may be behind that much
constexpr std::uint32_t kDaysMax = 36500;

/// Serials are for revoking, so they should differ; not 0, which means none.
std::uint64_t random_serial() {
    std::uint64_t serial = 0;
    while (serial == 0)
        randombytes_buf(&serial, sizeof(serial));
    return serial;
}

} // namespace

std::optional<std::chrono::seconds> parse_span(std::string_view text) {
    std::uint32_t count = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc() || count == 0 || text.data() + text.size() != stop + 1)
        return std::nullopt;
    std::chrono::seconds unit(0);
    switch (text.back()) {
    case 'm':
        unit = std::chrono::minutes(1);
        break;
    case 'h':
        unit = std::chrono::hours(1);
        break;
    case 'd':
        unit = std::chrono::days(1);
        break;
    case 'w':
        unit = std::chrono::weeks(1);
        break;
    default:
        return std::nullopt;
    }
    const std::chrono::seconds span = unit * count;
    return span <= std::chrono::days(kDaysMax) ? std::optional(span) : std::nullopt;
}

std::string check_span(const std::string &text) {
    return parse_span(text) ? "" : "expected a number and one of m h d w, such as 90d or 52w";
}

std::string check_name(const std::string &text) {
    return is_node_name(text) ? "" : fmt::format("expected 1 to {} of a-z 0-9 - .", kNodeNameMax);
}

Result<SshCertificate> certify_node(const NodeCertificate &wanted, UnixTime now, Signer &ca) {
    CertificateFacts facts;
    facts.key = wanted.key;
    facts.serial = wanted.serial == 0 ? random_serial() : wanted.serial;
    facts.key_id = wanted.key_id.empty() ? wanted.names.front() : wanted.key_id;
    facts.principals = wanted.names;
    for (const NodeId id : wanted.ids)
        facts.principals.push_back(node_principal(id));
    facts.valid_after = now - kClockSkew;
    facts.valid_before = now + wanted.valid;
    return make_certificate(facts, ca);
}

} // namespace coax::cli
