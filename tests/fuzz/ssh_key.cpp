// SPDX-License-Identifier: Apache-2.0
// Ed25519 keys: a line as in .pub files, a private key file, and what an ssh-agent answers.
#include "fuzz/require.h"
#include "lib/trust/ssh_agent.h"
#include "lib/trust/ssh_line.h"
#include "lib/trust/ssh_private_key.h"

using coax::fuzz::require;

namespace {

void check_public(std::string_view text) {
    const auto line = coax::parse_ssh_line(text);
    if (line.ok()) {
        const auto again =
            coax::parse_ssh_line(coax::write_ssh_line(line->type, line->blob, line->comment));
        require(again.ok() && again->blob == line->blob && again->comment == line->comment,
                "a line survives being written");
    }
    const auto key = coax::SshPublicKey::parse(text);
    if (!key.ok())
        return;
    require(line.ok() && key->blob() == line->blob, "a key has one form");
    const auto again = coax::SshPublicKey::parse(key->to_line(""));
    require(again.ok() && *again == *key, "a key survives being written");
}

void check_private(std::string_view text) {
    auto key = coax::SshPrivateKey::parse(text);
    if (!key.ok())
        return;
    const auto again = coax::SshPrivateKey::parse(coax::view_of(key->to_openssh("x")));
    require(again.ok() && again->public_key() == key->public_key(),
            "a private key survives being written");
    const auto signature = key->sign(text);
    require(signature.ok() && key->public_key().verifies(text, *signature),
            "a private key is that of its public key");
}

void check_agent(std::string_view bytes) {
    const auto identities = coax::parse_agent_identities(bytes);
    require(!identities.ok() || identities->size() * 51 <= bytes.size(),
            "no more keys than the answer has room for");
    (void)coax::parse_agent_signature(bytes);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view text = coax::fuzz::as_text(data, size);
    check_public(text);
    check_private(text);
    check_agent(text);
    return 0;
}
