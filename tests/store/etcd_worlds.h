// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "harness/etcd_cluster.h"
#include "lib/store/etcd_store.h"
#include "store/world.h"

namespace coax::test {

/// The cluster of all tests of this program; made by the first that asks.
EtcdCluster &etcd_cluster();

/// Options of a client that is patient, with everything below a prefix of its own.
EtcdOptions etcd_options();
std::unique_ptr<Store> open_etcd(const EtcdOptions &options);

} // namespace coax::test
