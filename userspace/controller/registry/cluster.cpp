// SPDX-License-Identifier: Apache-2.0
#include "controller/registry/cluster.h"

#include <array>

#include <fmt/format.h>
#include <sodium.h>

#include "controller/registry/keys.h"

namespace coax::controller {
namespace {

std::string random_store_id() {
    std::array<std::uint8_t, 16> bytes{};
    randombytes_buf(bytes.data(), bytes.size());
    std::string id;
    for (const std::uint8_t byte : bytes)
        id += fmt::format("{:02x}", byte);
    return id;
}

Status check_same(std::string_view key, const std::string &expected, const std::string &found) {
    if (expected == found)
        return {};
    return Error(ErrorCode::kInvalid,
                 fmt::format("{}: expected {} as in the store, found {} in the configuration; all "
                             "controllers of a store have the same, use another store for another "
                             "overlay",
                             key, expected, found));
}

} // namespace

Result<record::Cluster> read_cluster(Change &change) {
    COAX_ASSIGN_OR_RETURN(auto cluster, change.read<record::Cluster>(std::string(kClusterKey)));
    if (!cluster)
        return Error(ErrorCode::kUnavailable,
                     "the store holds no cluster; restart the controller, which makes it");
    return std::move(*cluster);
}

Result<record::Cluster> open_cluster(Writer &writer, const std::string &network_id,
                                     const IpPrefix &vtep_pool) {
    record::Cluster cluster;
    COAX_TRY(writer.commit("controller", [&](Change &change) -> Status {
        const std::string key(kClusterKey);
        COAX_ASSIGN_OR_RETURN(const auto found, change.read<record::Cluster>(key));
        if (found) {
            cluster = *found;
            return {};
        }
        cluster.set_network_id(network_id);
        cluster.set_vtep_pool(vtep_pool.network().to_string());
        cluster.set_store_id(random_store_id());
        cluster.set_created(time_to_wire(writer.now()));
        change.put(key, cluster);
        change.note("cluster.make", "cluster", cluster.ShortDebugString());
        return {};
    }));
    COAX_TRY(check_same("network_id", cluster.network_id(), network_id));
    COAX_TRY(check_same("vtep_pool", cluster.vtep_pool(), vtep_pool.network().to_string()));
    return cluster;
}

} // namespace coax::controller
