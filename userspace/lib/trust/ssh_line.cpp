// SPDX-License-Identifier: Apache-2.0
#include "lib/trust/ssh_line.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "lib/base/text.h"
#include "lib/trust/armor.h"
#include "lib/trust/wire.h"

namespace coax {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kLineEnd = " \t\r\n";

std::string_view take_word(std::string_view &rest) {
    const std::size_t begin = std::min(rest.find_first_not_of(kBlanks), rest.size());
    rest.remove_prefix(begin);
    const std::string_view word = rest.substr(0, rest.find_first_of(kBlanks));
    rest.remove_prefix(word.size());
    return word;
}

/// How the names of OpenSSH's other key and certificate types begin.
bool is_other_type(std::string_view type) {
    constexpr std::array<std::string_view, 6> kPrefixes = {"ssh-rsa", "ssh-dss",   "ecdsa-sha2-",
                                                           "sk-ssh-", "sk-ecdsa-", "rsa-sha2-"};
    return std::any_of(kPrefixes.begin(), kPrefixes.end(),
                       [type](std::string_view prefix) { return type.starts_with(prefix); });
}

} // namespace

Result<SshLine> parse_ssh_line(std::string_view line) {
    std::string_view rest = line.substr(0, line.find_last_not_of(kLineEnd) + 1);
    if (rest.find_first_of("\r\n") != std::string_view::npos)
        return Error(ErrorCode::kInvalid, "expected one line, found several");
    const std::string_view type = take_word(rest);
    const std::string_view base64 = take_word(rest);
    rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks), rest.size()));
    auto blob = decode_base64(base64);
    if (base64.empty() || !blob.ok())
        // What it is instead is not shown: it may be a secret.
        return Error(ErrorCode::kInvalid,
                     fmt::format("expected \"{} AAAA... comment\", found something else; is it a "
                                 "public key?",
                                 kSshKeyType));
    const std::string_view inside = WireReader(*blob).string();
    if (inside != type)
        return Error(ErrorCode::kInvalid,
                     fmt::format("the line says {}, the key in it {}; was it edited?",
                                 coax::quoted(type, 40), coax::quoted(inside, 40)));
    return SshLine{std::string(type), *std::move(blob), std::string(rest)};
}

std::string write_ssh_line(std::string_view type, std::string_view blob, std::string_view comment) {
    std::string one_line(comment);
    std::replace_if(
        one_line.begin(), one_line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
    return fmt::format("{} {}{}{}\n", type, encode_base64(blob), one_line.empty() ? "" : " ",
                       one_line);
}

Status expect_ssh_type(std::string_view found, std::string_view expected) {
    if (found == expected)
        return {};
    if (found == kSshCertificateType)
        return Error(ErrorCode::kUnsupported,
                     fmt::format("found a certificate, expected a plain {} key", expected));
    if (found == kSshKeyType)
        return Error(ErrorCode::kUnsupported,
                     "found a plain key, expected a certificate of it (a file ...-cert.pub)");
    if (is_other_type(found))
        return Error(ErrorCode::kUnsupported,
                     fmt::format("type {} is not supported, expected {}; make such a key with: "
                                 "ssh-keygen -t ed25519",
                                 coax::quoted(found, 40), expected));
    return Error(ErrorCode::kInvalid,
                 fmt::format("expected {}, found {}", expected, coax::quoted(found, 40)));
}

} // namespace coax
