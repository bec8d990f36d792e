// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "lib/base/clock.h"
#include "lib/base/result.h"
#include "lib/base/secret_bytes.h"

namespace coax {

constexpr const char *kTlsCertificateFile = "controller.pem"; // public, mode 0644
constexpr const char *kTlsKeyFile = "controller-key.pem";     // mode 0600

/// What a controller shows to its clients, who know it by this certificate alone (join token or
/// file). Controllers of one cluster have the same: the operator copies both files.
struct TlsIdentity {
    std::string certificate_pem;
    std::string certificate_der;
    SecretBytes key_pem;
};

/// Makes a P-256 key and a certificate signed with it (subject and DNS name "coax-controller", valid
/// for ten years from a day ago on: clocks differ) in `folder`. kExists when either file is there:
/// every node knows the old one.
Status make_tls_identity(const std::filesystem::path &folder, const Clock &clock);

/// kPermission when others may read the key, kInvalid when the files are not a pair or the
/// certificate is over.
Result<TlsIdentity> load_tls_identity(const std::filesystem::path &folder, const Clock &clock);

} // namespace coax
