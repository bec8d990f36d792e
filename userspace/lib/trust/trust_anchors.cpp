// SPDX-License-Identifier: Apache-2.0
#include "lib/trust/trust_anchors.h"

#include <algorithm>

#include <fmt/format.h>

#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/trust/ssh_line.h"

namespace coax {
namespace {

constexpr std::size_t kFileBytesMax = 1024 * 1024;

std::string_view take_line(std::string_view &rest) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    return line;
}

/// Nothing but blanks, or a comment.
bool says_nothing(std::string_view line) {
    const std::size_t first = line.find_first_not_of(" \t\r");
    return first == std::string_view::npos || line[first] == '#';
}

Result<TrustAnchor> parse_anchor(std::string_view line) {
    COAX_ASSIGN_OR_RETURN(SshLine parts, parse_ssh_line(line));
    COAX_ASSIGN_OR_RETURN(const SshPublicKey key, SshPublicKey::from_blob(parts.blob));
    return TrustAnchor{key, std::move(parts.comment)};
}

} // namespace

Result<TrustAnchors> TrustAnchors::parse(std::string_view text, std::string_view file) {
    TrustAnchors anchors;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::string_view line = take_line(text);
        if (says_nothing(line))
            continue;
        auto anchor = parse_anchor(line);
        if (!anchor.ok())
            return Error(ErrorCode::kInvalid,
                         fmt::format("{}:{}: {}", file, number, anchor.error().message()));
        anchors.cas.push_back(*std::move(anchor));
    }
    if (anchors.cas.empty())
        return Error(ErrorCode::kInvalid,
                     fmt::format("{}: holds no CA key, so nobody can be trusted: expected lines as "
                                 "in the .pub file of the CA (ssh-ed25519 AAAA... comment)",
                                 file));
    return anchors;
}

Result<TrustAnchors> TrustAnchors::load(const std::filesystem::path &path) {
    COAX_ASSIGN_OR_RETURN(const std::string text, read_file(path, kFileBytesMax));
    return parse(text, path.string());
}

bool TrustAnchors::contains(const SshPublicKey &key) const {
    return std::any_of(cas.begin(), cas.end(),
                       [&key](const TrustAnchor &anchor) { return anchor.key == key; });
}

std::string TrustAnchors::to_string() const {
    std::string out;
    for (const TrustAnchor &anchor : cas) {
        out += (out.empty() ? "" : ", ") + anchor.key.fingerprint();
        if (!anchor.comment.empty())
            out += fmt::format(" ({})", coax::quoted(anchor.comment, 40));
    }
    return out;
}

} // namespace coax
