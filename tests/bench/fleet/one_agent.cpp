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
constexpr std::uint32_t kFirstPeer = 2; // 1 is the agent itself

double processor_us() {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

/// What a controller says of all of them.
Result<proto::Update> claims(std::vector<Identity> &identities, const IpPrefix &pool,
                             std::uint64_t epoch) {
    proto::Update update;
    update.set_store_id("store");
    update.set_revision(epoch);
    update.set_first(true);
    update.set_last(true);
    std::uint32_t id = kFirstPeer;
    for (Identity &identity : identities) {
        proto::Node &node = *update.add_nodes();
        node.set_id(id);
        node.set_name(identity.name);
        node.set_certificate(identity.certificate);
        COAX_ASSIGN_OR_RETURN(*node.mutable_binding(),
                              make_binding(identity, {kNetworkId, pool, NodeId(id++)}, epoch));
    }
    return update;
}

/// Microseconds each.
Result<double> take(PeerBook &book, const proto::Update &update) {
    const double before = processor_us();
    if (const std::string why = book.take(update); !why.empty())
        return Error(ErrorCode::kInvalid, "a true claim was refused: " + why);
    return (processor_us() - before) / update.nodes_size();
}

} // namespace

Result<OneAgent> cost_of_one_agent(std::size_t peers) {
    COAX_ASSIGN_OR_RETURN(SshPrivateKey ca, SshPrivateKey::generate());
    COAX_ASSIGN_OR_RETURN(std::vector<Identity> identities, make_identities(peers, ca));
    COAX_ASSIGN_OR_RETURN(const IpPrefix pool, IpPrefix::parse(kPool));
    COAX_ASSIGN_OR_RETURN(const proto::Update first, claims(identities, pool, 1));
    COAX_ASSIGN_OR_RETURN(const proto::Update second, claims(identities, pool, 2));
    TrustAnchors anchors;
    anchors.cas = {{ca.public_key(), "of the simulator"}};
    PeerBook book({anchors, {NodeId(1), "alpha", SshPublicKey(), kNetworkId, pool}});
    OneAgent cost;
    cost.peers = peers;
    const std::size_t before = ::mallinfo2().uordblks;
    COAX_ASSIGN_OR_RETURN(cost.verify_us, take(book, first));
    COAX_ASSIGN_OR_RETURN(cost.again_us, take(book, second));
    cost.bytes_per_peer =
        static_cast<double>(::mallinfo2().uordblks - before) / static_cast<double>(peers);
    return cost;
}

} // namespace coax::bench
