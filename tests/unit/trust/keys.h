// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "lib/trust/ssh_certificate.h"
#include "lib/trust/ssh_private_key.h"
#include "lib/trust/trust_anchors.h"

namespace coax::test {

/// The test ends here when there is no value.
template <typename T>
T must(Result<T> result) {
    if (!result.ok())
        throw std::runtime_error(result.error().message());
    return std::move(result).value();
}

inline SshPrivateKey make_key() {
    return must(SshPrivateKey::generate());
}

constexpr UnixTime kNow{std::chrono::seconds(1800000000)}; // 2027-01-15

/// A host certificate for "storage1", an hour old, for a day.
inline CertificateFacts host_facts(const SshPublicKey &key) {
    return {.key = key,
            .serial = 7,
            .type = CertificateType::kHost,
            .key_id = "storage1 of rack 4",
            .principals = {"storage1"},
            .valid_after = kNow - std::chrono::hours(1),
            .valid_before = kNow + std::chrono::hours(24)};
}

inline TrustAnchors anchors_of(const SshPublicKey &ca) {
    return {{{ca, "test ca"}}};
}

} // namespace coax::test
