// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lib/store/etcd_client.h"

namespace coax {

/// Errors as of Store.
Result<StoreLease> etcd_grant(EtcdClient &client, std::chrono::seconds ttl,
                              EtcdClient::Deadline deadline);
Result<StoreLease> etcd_keep_alive(EtcdClient &client, LeaseId lease,
                                   EtcdClient::Deadline deadline);
/// Absent is success; then without a revision.
Result<Revision> etcd_revoke(EtcdClient &client, LeaseId lease, EtcdClient::Deadline deadline);

} // namespace coax
