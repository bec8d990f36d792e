// SPDX-License-Identifier: Apache-2.0
// Signatures of messages, as text between BEGIN and END and as bytes.
#include "lib/trust/sshsig.h"
#include "fuzz/require.h"
#include "fuzz/trust_keys.h"

using coax::fuzz::require;

namespace {

constexpr std::string_view kMessage = "message";
constexpr std::string_view kSpace = "test@coax";

/// A signature that somebody has says nothing about another message.
void check(std::string_view signature, const coax::SshPublicKey &key) {
    const auto signer = coax::verify_sshsig(signature, kMessage, kSpace);
    if (signer.ok() && signer->certificate)
        require(signer->certificate->facts.key == signer->key, "a certificate is of the key");
    const auto forged = coax::verify_sshsig(signature, "another message", kSpace);
    require(!forged.ok() || forged->key != key, "nothing is forged");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    static coax::SshPrivateKey key = coax::fuzz::fixed_key('k');
    const std::string_view input = coax::fuzz::as_text(data, size);
    check(input, key.public_key());
    const auto bytes = coax::dearmor<std::string>(input, coax::kSshsigLabel);
    if (bytes.ok()) {
        const auto text = coax::armor<std::string>(*bytes, coax::kSshsigLabel);
        const auto again = coax::dearmor<std::string>(text, coax::kSshsigLabel);
        require(again.ok() && *again == *bytes, "armour survives");
        check(*bytes, key.public_key());
    }
    // The input as what a signature says of its key, and as a message.
    const auto odd_key = coax::sign_sshsig(kMessage, kSpace, input, key);
    if (odd_key.ok())
        check(*odd_key, key.public_key());
    const auto of_input = coax::sign_sshsig(input, kSpace, key.public_key().blob(), key);
    require(of_input.ok() && coax::verify_sshsig(*of_input, input, kSpace).ok(),
            "any message can be signed");
    return 0;
}
