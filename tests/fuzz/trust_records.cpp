// SPDX-License-Identifier: Apache-2.0
// What decides who is trusted: anchors, revocation lists, bindings, and the rule over them.
#include "fuzz/require.h"
#include "fuzz/trust_keys.h"
#include "lib/trust/peer_rule.h"
#include "lib/trust/signed_record.h"

using coax::fuzz::require;

namespace {

constexpr coax::UnixTime kNow{std::chrono::seconds(1800000000)};

/// A CA, and a node with its certificate.
struct World {
    coax::SshPrivateKey ca = coax::fuzz::fixed_key('a');
    coax::SshPrivateKey node = coax::fuzz::fixed_key('n');
    coax::TrustAnchors anchors{{{ca.public_key(), "ca"}}};
    std::string certificate;

    World() {
        coax::CertificateFacts facts;
        facts.key = node.public_key();
        facts.principals = {"storage1"};
        const auto made = coax::make_certificate(facts, ca);
        require(made.ok(), "the node is certified");
        certificate = made->blob;
    }
};

void check_anchors(std::string_view text) {
    const auto anchors = coax::TrustAnchors::parse(text, "anchors");
    if (!anchors.ok()) {
        require(anchors.error().message().starts_with("anchors:"), "an error names the file");
        return;
    }
    require(!anchors->cas.empty(), "an empty file trusts nobody and is an error");
    for (const coax::TrustAnchor &anchor : anchors->cas)
        require(anchors->contains(anchor.key), "an anchor is an anchor");
}

void check_list(std::string_view payload, World &world) {
    const auto list = coax::RevocationList::decode(payload);
    if (list.ok())
        require(list->encode() == payload && list->version > 0, "a list has one form");
    const auto record = coax::sign_record(payload, coax::kRevocationNamespace, world.ca);
    const auto verdict = coax::verify_revocation_list(*record, world.anchors, {});
    require(std::holds_alternative<coax::RevocationList>(verdict) == list.ok(),
            "a signed list is as good as its payload");
}

void check_binding(std::string_view payload, World &world) {
    const auto binding = coax::Binding::decode(payload);
    const auto pool = coax::IpPrefix::parse("100.64.0.0/10");
    const coax::RevocationList none;
    const coax::TrustContext context{world.anchors,        none, "rack-4", *pool,
                                     coax::OnExpiry::kCut, kNow};
    const auto record = coax::sign_record(payload, coax::kBindingNamespace, world.node);
    const coax::PeerClaim claim{coax::NodeId(1), "storage1", world.certificate, *record};
    const auto verdict = coax::verify_peer(claim, context, nullptr);
    if (const auto *peer = std::get_if<coax::VerifiedPeer>(&verdict)) {
        require(binding.ok() && peer->binding == *binding, "a peer is what its node signed");
        require(binding->encode() == payload, "a binding has one form");
        require(binding->node == claim.node && binding->name == claim.name &&
                    binding->vtep == coax::IpAddress::v4(0x64400001) &&
                    binding->network_id == context.network_id,
                "a peer is in its place");
        require(binding->not_before <= kNow && kNow < binding->expires, "a peer is in its time");
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    static World world;
    const std::string_view input = coax::fuzz::as_text(data, size);
    check_anchors(input);
    check_list(input, world);
    check_binding(input, world);
    const auto verdict = coax::verify_revocation_list(input, world.anchors, {});
    require(std::holds_alternative<coax::Refusal>(verdict), "nobody can sign for the CA");
    return 0;
}
