// SPDX-License-Identifier: Apache-2.0
#include "unit/controller/world.h"

#include "lib/trust/wire.h"

namespace coax::controller::test {

World::World() {
    clock.set_system(std::chrono::system_clock::time_point(kNow.time_since_epoch()));
    must(open_cluster(writer, "rack-4", must(IpPrefix::parse("100.64.0.0/10"))));
}

std::unique_ptr<Admissions> World::make_admissions(bool require_token, bool auto_admit) {
    Admissions::Options options;
    options.require_token = require_token;
    if (auto_admit)
        options.auto_ca = std::make_unique<SshPrivateKey>(
            must(SshPrivateKey::parse(view_of(ca.to_openssh("lab")))));
    return std::make_unique<Admissions>(
        writer, [this] { return anchors; }, std::move(options));
}

ChallengeFacts World::challenge() const {
    return {"rack-4", std::string(kControlNonceBytes, 'n'), "controller's certificate"};
}

v1::Hello World::hello(const std::string &name, SshPrivateKey &key) {
    v1::Hello hello;
    hello.set_protocol(kControlProtocol);
    hello.set_name(name);
    hello.set_public_key(std::string(text_of(key.public_key().bytes)));
    hello.set_proof(must(prove(challenge(), name, kHelloNamespace, key)));
    hello.set_version("1.0");
    return hello;
}

std::string World::certificate(CertificateFacts facts) {
    return must(make_certificate(facts, ca)).blob;
}

std::string World::certificate(const std::string &name, const SshPublicKey &key) {
    CertificateFacts facts = coax::test::host_facts(key);
    facts.principals = {name};
    return certificate(facts);
}

std::string World::binding(Binding binding, SshPrivateKey &key) {
    return must(sign_binding(binding, key));
}

std::string World::token(std::uint32_t uses, std::uint32_t valid_seconds) {
    v1::CreateTokenRequest request;
    request.set_uses(uses);
    request.set_valid_seconds(valid_seconds);
    return must(tokens.create(request, "operator alice")).secret;
}

Admission World::admit(const v1::Hello &hello) {
    return must(admissions->admit(hello, challenge()));
}

NodeId World::join(const std::string &name, SshPrivateKey &key) {
    v1::Hello joining = hello(name, key);
    joining.set_certificate(certificate(name, key.public_key()));
    joining.set_token_secret(token());
    return NodeId(std::get<Admitted>(admit(joining)).node.id());
}

v1::Audit World::audit(const std::string &object) {
    v1::AuditRequest request;
    request.set_object(object);
    return must(list_audit(*store, request));
}

std::string World::dump() {
    std::string all;
    for (const StoreEntry &entry : must(store->list("")).entries)
        all += entry.key + "=" + entry.value + "\n";
    return all;
}

v1::Network sample_network(const std::string &name, const std::string &subnet) {
    v1::Network network;
    network.set_name(name);
    network.add_subnets(subnet);
    network.set_flood(true);
    network.set_flood_pps(1000);
    network.set_learn(true);
    network.set_learn_limit(65536);
    network.set_all_nodes(true);
    return network;
}

v1::Port sample_port(const std::string &name, const std::string &network,
                     const std::string &address) {
    v1::Port port;
    port.set_name(name);
    port.set_network(network);
    port.set_kind("netns");
    port.set_netns(name);
    port.set_ifname("eth0");
    port.add_addresses(address);
    return port;
}

} // namespace coax::controller::test
