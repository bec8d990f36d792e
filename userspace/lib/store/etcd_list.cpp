// SPDX-License-Identifier: Apache-2.0
#include "lib/store/etcd_list.h"

#include <iterator>

#include "lib/store/etcd_keys.h"

namespace coax {
namespace {

constexpr std::int64_t kPageKeys = 500;

} // namespace

EtcdClient::Outcome etcd_list(EtcdClient &client, const EtcdListRequest &what,
                              etcdserverpb::RangeResponse &list, EtcdClient::Deadline deadline) {
    list.Clear();
    etcdserverpb::RangeRequest request;
    request.set_key(what.prefix);
    request.set_range_end(etcd_range_end(what.prefix));
    request.set_limit(kPageKeys);
    request.set_keys_only(what.keys_only);
    request.set_revision(static_cast<std::int64_t>(what.revision.value()));
    for (;;) {
        etcdserverpb::RangeResponse page;
        EtcdClient::Outcome outcome = client.range(request, page, deadline);
        if (outcome.fault)
            return outcome;
        if (request.revision() == 0)
            request.set_revision(page.header().revision());
        list.mutable_kvs()->MergeFrom(page.kvs());
        if (!page.more() || page.kvs_size() == 0) {
            list.mutable_header()->set_revision(request.revision());
            return outcome;
        }
        request.set_key(page.kvs(page.kvs_size() - 1).key() + std::string(1, '\0'));
    }
}

} // namespace coax
