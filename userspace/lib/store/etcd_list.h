// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "lib/store/etcd_client.h"

namespace coax {

struct EtcdListRequest {
    std::string prefix; // in etcd
    Revision revision;  // 0: the present one
    bool keys_only = false;
};

/// Page by page, all of one revision, which is that of the header.
EtcdClient::Outcome etcd_list(EtcdClient &client, const EtcdListRequest &what,
                              etcdserverpb::RangeResponse &list, EtcdClient::Deadline deadline);

} // namespace coax
