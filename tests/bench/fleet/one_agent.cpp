// SPDX-License-Identifier: Apache-2.0
#include "bench/fleet/one_agent.h"

#include <malloc.h>

#include <ctime>
#include <vector>

#include "bench/fleet/identity.h"
#include "bench/fleet/peer_book.h"

namespace coax::bench {
namespace {

namespace proto = controller::v1;

constexpr const char *kNetworkId = "simulated";
constexpr const char *kPool = "100.64.0.0/10";

double processor_us() {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

Result<proto::Node> claim(Identity &identity, const Membership &membership, std::uint64_t epoch) {
    proto::Node node;
    node.set_id(membership.node.value());
    node.set_name(identity.name);
    node.set_certificate(identity.certificate);
    COAX_ASSIGN_OR_RETURN(*node.mutable_binding(), make_binding(identity, membership, epoch));
    return node;
}

/// Microseconds each.
Result<double> take(PeerBook &book, const std::vector<proto::Node> &claims) {
    const double before = processor_us();
    for (const proto::Node &node : claims) {
        if (const std::string why = book.take(node); !why.empty())
            return Error(ErrorCode::kInvalid, "a true claim was refused: " + why);
    }
    return (processor_us() - before) / static_cast<double>(claims.size());
}

} // namespace

Result<OneAgent> cost_of_one_agent(std::size_t peers) {
    COAX_ASSIGN_OR_RETURN(SshPrivateKey ca, SshPrivateKey::generate());
    COAX_ASSIGN_OR_RETURN(std::vector<Identity> identities, make_identities(peers, ca));
    COAX_ASSIGN_OR_RETURN(const IpPrefix pool, IpPrefix::parse(kPool));
    std::vector<std::vector<proto::Node>> rounds(2);
    for (std::size_t i = 0; i < peers; ++i) {
        const Membership membership{kNetworkId, pool, NodeId(static_cast<std::uint32_t>(i + 1))};
        for (std::size_t round = 0; round < rounds.size(); ++round) {
            COAX_ASSIGN_OR_RETURN(proto::Node node, claim(identities[i], membership, round + 1));
            rounds[round].push_back(std::move(node));
        }
    }
    TrustAnchors anchors;
    anchors.cas = {{ca.public_key(), "of the simulator"}};
    PeerBook book({anchors, kNetworkId, pool});
    OneAgent cost;
    cost.peers = peers;
    const std::size_t before = ::mallinfo2().uordblks;
    COAX_ASSIGN_OR_RETURN(cost.verify_us, take(book, rounds[0]));
    COAX_ASSIGN_OR_RETURN(cost.again_us, take(book, rounds[1]));
    cost.bytes_per_peer =
        static_cast<double>(::mallinfo2().uordblks - before) / static_cast<double>(peers);
    return cost;
}

} // namespace coax::bench
