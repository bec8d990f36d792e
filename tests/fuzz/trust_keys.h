// SPDX-License-Identifier: Apache-2.0
// Keys that are the same in each run, so that a finding can be repeated.
#pragma once

#include <string>

#include "fuzz/require.h"
#include "lib/trust/armor.h"
#include "lib/trust/ssh_private_key.h"
#include "lib/trust/wire.h"

#include <sodium.h>

namespace coax::fuzz {

/// The key whose seed is 32 times `byte`.
inline SshPrivateKey fixed_key(char byte) {
    const std::string seed(32, byte);
    SshPublicKey public_key;
    std::array<std::uint8_t, 64> secret{};
    crypto_sign_seed_keypair(public_key.bytes.data(), secret.data(), bytes_of(seed));
    WireWriter section;
    section.uint64(0); // two equal check numbers
    section.string("ssh-ed25519");
    section.string(public_key.bytes);
    section.string(secret);
    section.string("");
    for (std::uint8_t i = 1; i <= 5; ++i)
        section.byte(i);
    WireWriter blob;
    blob.raw(std::string_view("openssh-key-v1\0", 15));
    blob.string("none");
    blob.string("none");
    blob.string("");
    blob.uint32(1);
    blob.string(public_key.blob());
    blob.string(section.bytes());
    auto key = SshPrivateKey::parse(armor<std::string>(blob.bytes(), "OPENSSH PRIVATE KEY"));
    require(key.ok(), "the fixed key is a key");
    return std::move(*key);
}

} // namespace coax::fuzz
