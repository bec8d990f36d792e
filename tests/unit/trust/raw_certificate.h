// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/trust/wire.h"
#include "unit/trust/keys.h"

namespace coax::test {

/// Strings one behind the other.
inline std::string pack(const std::vector<std::string> &strings) {
    WireWriter writer;
    for (const std::string &string : strings)
        writer.string(string);
    return writer.take();
}

/// A certificate field by field (OpenSSH PROTOCOL.certkeys), also such as nobody should make.
struct RawCertificate {
    RawCertificate(const SshPublicKey &subject, const SshPublicKey &signer)
        : key(text_of(subject.bytes)), ca(signer.blob()) {}

    std::string format = "ssh-ed25519-cert-v01@openssh.com";
    std::string key;
    std::uint64_t serial = 7;
    std::uint32_t type = 2;
    std::string principals = pack({"storage1"});
    std::uint64_t valid_after = time_to_wire(kNow) - 3600;
    std::uint64_t valid_before = time_to_wire(kNow) + 86400;
    std::string critical;
    std::string extensions;
    std::string ca;
    std::string signature; // empty: a good one

    [[nodiscard]] std::string sign(Signer &signer) const {
        WireWriter writer;
        writer.string(format);
        writer.string("nonce");
        writer.string(key);
        writer.uint64(serial);
        writer.uint32(type);
        writer.string("key id");
        writer.string(principals);
        writer.uint64(valid_after);
        writer.uint64(valid_before);
        writer.string(critical);
        writer.string(extensions);
        writer.string("reserved");
        writer.string(ca);
        const std::string good = signature_blob(must(signer.sign(writer.bytes())));
        writer.string(signature.empty() ? good : signature);
        return writer.take();
    }
};

} // namespace coax::test
