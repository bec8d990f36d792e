// SPDX-License-Identifier: Apache-2.0
#include "hostile/attack.h"

#include <chrono>

#include "lib/trust/revocation_list.h"
#include "unit/trust/keys.h"

namespace coax::test {
namespace {

using controller::v1::Node;
using controller::v1::Update;
using std::chrono::hours;

constexpr std::uint32_t kMallory = 4242;
constexpr std::uint64_t kEpochOfTomorrow = std::uint64_t{1} << 40U;

UnixTime now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

} // namespace

Attack::Attack(std::string network_id, IpPrefix vtep_pool)
    : network_id_(std::move(network_id)),
      vtep_pool_(vtep_pool),
      ca_(make_key()),
      identity_(make_key()) {
    for (std::uint8_t &byte : lane_key_.bytes)
        byte = static_cast<std::uint8_t>(random_());
}

void Attack::know(const Node &node) {
    nodes_[node.id()] = node;
}

std::string Attack::forged_certificate(const std::string &name) {
    CertificateFacts facts = host_facts(identity_.public_key());
    facts.principals = {name};
    facts.valid_after = now() - hours(1);
    facts.valid_before = now() + hours(1000);
    return must(make_certificate(facts, ca_)).blob;
}

std::string Attack::forged_binding(NodeId id, const std::string &name, SshPrivateKey &signer) {
    Binding binding;
    binding.network_id = network_id_;
    binding.node = id;
    binding.name = name;
    binding.vtep = IpAddress::v4(vtep_pool_.address.v4_host_order() + id.value());
    binding.lane_keys = {lane_key_};
    binding.endpoints = {{IpAddress::v4(0xc0000209), UdpPort(51820)}};
    binding.epoch = kEpochOfTomorrow;
    binding.not_before = now() - hours(1);
    binding.expires = now() + hours(100);
    return must(sign_binding(binding, signer));
}

Node &Attack::any_of(Update &update) {
    return *update.mutable_nodes(static_cast<int>(random_() % nodes_.size()));
}

Update Attack::round(std::uint64_t number) {
    Update update;
    update.set_first(true);
    update.set_last(true);
    update.set_store_id("hostile");
    update.set_revision(number + 1);
    for (const auto &[id, node] : nodes_)
        *update.add_nodes() = node;
    lie(number, update);
    return update;
}

void Attack::lie(std::uint64_t number, Update &update) {
    Node &one = any_of(update);
    Node &other = any_of(update);
    switch (number % 10) {
    case 0: // another's keys
        one.set_binding(other.binding());
        break;
    case 1: // a node that nobody certified
        *update.add_nodes() = one;
        update.mutable_nodes()->rbegin()->set_id(kMallory);
        update.mutable_nodes()->rbegin()->set_name("mallory");
        update.mutable_nodes()->rbegin()->set_certificate(forged_certificate("mallory"));
        update.mutable_nodes()->rbegin()->set_binding(
            forged_binding(NodeId(kMallory), "mallory", identity_));
        break;
    case 2: // in a node's place, with a CA of its own
        one.set_certificate(forged_certificate(one.name()));
        one.set_binding(forged_binding(NodeId(one.id()), one.name(), identity_));
        break;
    case 3: // with the node's certificate
        one.set_binding(forged_binding(NodeId(one.id()), one.name(), identity_));
        break;
    case 4: // bytes changed
        if (!one.binding().empty())
            (*one.mutable_binding())[random_() % one.binding().size()] ^= 1;
        break;
    case 5: // a name taken over
        one.set_name(other.name());
        break;
    case 6: // a number taken over
        one.set_id(other.id());
        break;
    case 7: // everybody is gone
        for (const auto &[id, node] : nodes_) {
            auto &gone = *update.add_gone_nodes();
            gone.set_id(id);
            gone.set_why("revoked");
            gone.set_text("the attacker says so");
        }
        update.clear_nodes();
        break;
    case 8: { // everybody is revoked
        RevocationList list;
        list.version = kEpochOfTomorrow;
        list.issued = now();
        list.keys.insert(ca_.public_key());
        update.set_revocations(must(sign_revocation_list(list, ca_)));
        break;
    }
    default: // not even a certificate
        one.set_certificate(std::string(random_() % 5000, 'x'));
        one.set_binding("");
    }
}

} // namespace coax::test
