// SPDX-License-Identifier: Apache-2.0
// usage: hostile_controller HOST PORT TLS_KEY TLS_CERTIFICATE NETWORK_ID VTEP_POOL
// Lets every agent in and lies to it at each of its messages. Prints the WireGuard key it wants peers
// to take, then a line "NODE_ID ROUND" for each lie it sent. Ends with its standard input.
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <string>
#include <vector>

#include "harness/fake_controller.h"
#include "hostile/attack.h"
#include "lib/base/file.h"
#include "unit/trust/keys.h"

namespace coax::test {
namespace {

using controller::v1::FromAgent;
using controller::v1::Node;
using controller::v1::ToAgent;

class Hostile {
  public:
    Hostile(std::string network_id, std::string pool)
        : network_id_(std::move(network_id)),
          pool_(std::move(pool)),
          attack_(network_id_, must(IpPrefix::parse(pool_))) {
        std::cout << attack_.stolen_into().to_string() << std::endl;
    }

    void follow(FakeController::Visit &visit) {
        ToAgent message;
        message.mutable_challenge()->set_protocol(1);
        message.mutable_challenge()->set_network_id(network_id_);
        message.mutable_challenge()->set_nonce(std::string(32, 'n'));
        FromAgent said;
        if (!visit.send(message) || !visit.stream.Read(&said))
            return;
        Node node;
        node.set_id(said.hello().node_id());
        node.set_name(said.hello().name());
        node.set_certificate(said.hello().certificate());
        message.mutable_welcome()->set_network_id(network_id_);
        message.mutable_welcome()->set_node_id(node.id());
        message.mutable_welcome()->set_name(node.name());
        message.mutable_welcome()->set_vtep_pool(pool_);
        message.mutable_welcome()->set_alive_seconds(1);
        visit.send(message);
        while (visit.stream.Read(&said)) {
            if (said.has_announce())
                node.set_binding(said.announce().binding());
            if (!visit.send(next(node)))
                return;
        }
    }

  private:
    ToAgent next(const Node &from) {
        const std::lock_guard lock(mutex_);
        if (!from.binding().empty())
            attack_.know(from);
        ToAgent message;
        if (attack_.known() == 0)
            message.mutable_alive();
        else
            *message.mutable_update() = attack_.round(++rounds_);
        std::cout << from.id() << " " << rounds_ << std::endl;
        return message;
    }

    const std::string network_id_;
    const std::string pool_;
    std::mutex mutex_;
    Attack attack_;
    std::uint64_t rounds_ = 0;
};

int run(const std::vector<std::string> &words) {
    constexpr std::size_t kWords = 6;
    constexpr std::size_t kPemBytesMax = 65536;
    if (words.size() != kWords) {
        std::cerr << "usage: hostile_controller HOST PORT TLS_KEY TLS_CERTIFICATE NETWORK_ID "
                     "VTEP_POOL\n";
        return 2;
    }
    TlsIdentity tls;
    tls.key = must(read_file(words[2], kPemBytesMax));
    tls.certificate = must(read_file(words[3], kPemBytesMax));
    Hostile hostile(words[4], words[5]);
    const FakeController controller(
        tls, [&](FakeController::Visit &visit) { hostile.follow(visit); }, std::stoi(words[1]),
        words[0]);
    for (std::string line; std::getline(std::cin, line);) {
    }
    return 0;
}

} // namespace
} // namespace coax::test

int main(int argc, char **argv) {
    try {
        return coax::test::run({argv + 1, argv + argc});
    } catch (const std::exception &error) {
        std::cerr << error.what() << "\n";
        return 1;
    }
}
