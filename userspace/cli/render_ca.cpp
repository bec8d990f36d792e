// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/ca.h"
#include "cli/format.h"
#include "cli/sheet.h"
#include "cli/table.h"
#include "lib/trust/peer_rule.h"

namespace coax::cli {
namespace {

std::vector<Cell> cells(const std::vector<std::string> &texts) {
    std::vector<Cell> out;
    out.reserve(texts.size());
    for (const std::string &text : texts)
        out.push_back({text});
    return out;
}

/// "for 11d04h", "in 3h05m" or "since 2m".
Cell when_cell(const CertificateFacts &facts, UnixTime now) {
    const TimeLeft left = time_left(facts.valid_before, now);
    const auto text_of_seconds = [](std::chrono::seconds seconds) {
        return format_duration(static_cast<std::uint64_t>(seconds.count()));
    };
    if (now < facts.valid_after)
        return {"not valid yet, in " + text_of_seconds(facts.valid_after - now), Tone::kBad};
    if (left.over())
        return {"expired " + text_of_seconds(-left.left) + " ago", Tone::kBad};
    if (left.left == std::chrono::seconds::max())
        return {"never expires", Tone::kWarn};
    return {"expires in " + text_of_seconds(left.left), left.soon() ? Tone::kWarn : Tone::kGood};
}

Json seconds_left(const CertificateFacts &facts, UnixTime now) {
    const TimeLeft left = time_left(facts.valid_before, now);
    if (left.left == std::chrono::seconds::max())
        return nullptr;
    return left.left.count();
}

} // namespace

std::string render_certificate(const SshCertificate &certificate, UnixTime now, const View &view) {
    const CertificateFacts &facts = certificate.facts;
    Sheet sheet(view);
    sheet.row("certificate", {{std::string(certificate_type_name(facts.type))},
                              {facts.key_id},
                              {fmt::format("serial {}", facts.serial)}});
    if (facts.principals.empty())
        sheet.row("for", {{"nobody: it has no principals and is refused", Tone::kBad}});
    else
        sheet.row("for", cells(facts.principals));
    sheet.row("valid", {{"from " + time_text(facts.valid_after)},
                        {"until " + time_text(facts.valid_before)},
                        when_cell(facts, now)});
    sheet.row("key", {{facts.key.fingerprint()}});
    sheet.row("ca", {{certificate.ca.fingerprint()}});
    if (!certificate.critical_options.empty())
        sheet.row("critical", cells(certificate.critical_options));
    if (!certificate.extensions.empty())
        sheet.row("extensions", cells(certificate.extensions));
    return sheet.str();
}

std::string render_revocations(const SignedRevocationList &signed_list, const View &view) {
    const RevocationList &list = signed_list.list;
    Sheet sheet(view);
    sheet.row("revocations", {{fmt::format("version {}", list.version)},
                              {"of " + time_text(list.issued)},
                              {plural(list.keys.size(), "key")},
                              {plural(list.serials.size(), "serial")}});
    sheet.row("ca", {{signed_list.ca.fingerprint()}});
    for (const SshPublicKey &key : list.keys)
        sheet.row("key", {{key.fingerprint()}});
    for (const RevokedSerial &entry : list.serials)
        sheet.row("serial", {{fmt::format("{}", entry.serial)}, {"of " + entry.ca.fingerprint()}});
    return sheet.str();
}

std::string render_anchors(const TrustAnchors &anchors, const View &view) {
    Table table({{"KEY"}, {"COMMENT", Align::kLeft, 8}});
    for (const TrustAnchor &anchor : anchors.cas)
        table.add({{anchor.key.fingerprint()}, {anchor.comment}});
    return table.render(view);
}

Json certificate_json(const SshCertificate &certificate, UnixTime now) {
    const CertificateFacts &facts = certificate.facts;
    return {{"kind", "certificate"},
            {"type", certificate_type_name(facts.type)},
            {"key_id", facts.key_id},
            {"serial", facts.serial},
            {"principals", facts.principals},
            {"valid_after", time_text(facts.valid_after)},
            {"valid_before", time_text(facts.valid_before)},
            {"seconds_left", seconds_left(facts, now)},
            {"key", facts.key.fingerprint()},
            {"ca", certificate.ca.fingerprint()},
            {"critical_options", certificate.critical_options},
            {"extensions", certificate.extensions}};
}

Json revocations_json(const SignedRevocationList &signed_list) {
    const RevocationList &list = signed_list.list;
    Json keys = Json::array();
    for (const SshPublicKey &key : list.keys)
        keys.push_back(key.fingerprint());
    Json serials = Json::array();
    for (const RevokedSerial &entry : list.serials)
        serials.push_back({{"ca", entry.ca.fingerprint()}, {"serial", entry.serial}});
    return {{"kind", "revocation_list"},
            {"version", list.version},
            {"issued", time_text(list.issued)},
            {"ca", signed_list.ca.fingerprint()},
            {"keys", keys},
            {"serials", serials}};
}

Json anchors_json(const TrustAnchors &anchors) {
    Json cas = Json::array();
    for (const TrustAnchor &anchor : anchors.cas)
        cas.push_back({{"key", anchor.key.fingerprint()}, {"comment", anchor.comment}});
    return {{"kind", "public_keys"}, {"keys", cas}};
}

} // namespace coax::cli
