// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace coax {

constexpr std::string_view kSshKeyType = "ssh-ed25519";
constexpr std::string_view kSshCertificateType = "ssh-ed25519-cert-v01@openssh.com";

/// A key or certificate as text: "type base64 comment".
struct SshLine {
    std::string type;
    std::string blob;
    std::string comment; // may be empty
};

/// kInvalid unless it is one line with a type, and base64 that begins with the same type.
Result<SshLine> parse_ssh_line(std::string_view line);

/// "type base64 comment\n". Line breaks in the comment become blanks.
std::string write_ssh_line(std::string_view type, std::string_view blob, std::string_view comment);

/// Nothing when `found` is `expected`. kUnsupported when it is another type that OpenSSH has,
/// kInvalid when it is none.
Status expect_ssh_type(std::string_view found, std::string_view expected);

} // namespace coax
