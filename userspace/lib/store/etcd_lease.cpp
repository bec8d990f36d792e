// SPDX-License-Identifier: Apache-2.0
#include "lib/store/etcd_lease.h"

#include "lib/store/check.h"
#include "lib/store/etcd_keys.h"
#include "lib/store/lease_id.h"

namespace coax {
namespace {

using Kind = EtcdFault::Kind;

/// The stream carries one question and its answer.
grpc::Status keep_alive_once(const EtcdMember &member, grpc::ClientContext &context, LeaseId lease,
                             etcdserverpb::LeaseKeepAliveResponse &response) {
    etcdserverpb::LeaseKeepAliveRequest request;
    request.set_id(lease.value());
    const auto stream = member.lease->LeaseKeepAlive(&context);
    const bool answered = stream->Write(request) && stream->Read(&response);
    if (!answered) {
        const grpc::Status status = stream->Finish();
        return status.ok() ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "no answer") : status;
    }
    context.TryCancel(); // nothing more to ask
    (void)stream->Finish();
    return grpc::Status::OK;
}

} // namespace

Result<StoreLease> etcd_grant(EtcdClient &client, std::chrono::seconds ttl,
                              EtcdClient::Deadline deadline) {
    // The id is ours: a request that is sent again grants no second lease.
    etcdserverpb::LeaseGrantRequest request;
    request.set_id(make_lease_id().value());
    request.set_ttl(ttl.count());
    etcdserverpb::LeaseGrantResponse response;
    const auto outcome = client.run(
        [&](const EtcdMember &member, grpc::ClientContext &context) {
            response.Clear();
            return member.lease->LeaseGrant(&context, request, &response);
        },
        deadline);
    if (outcome.fault && outcome.fault->kind == Kind::kLeaseExists && outcome.in_doubt)
        return etcd_keep_alive(client, LeaseId(request.id()), deadline);
    if (outcome.fault)
        return outcome.fault->error;
    return StoreLease{LeaseId(response.id()), std::chrono::seconds(response.ttl()),
                      etcd_revision(response.header().revision())};
}

Result<StoreLease> etcd_keep_alive(EtcdClient &client, LeaseId lease,
                                   EtcdClient::Deadline deadline) {
    etcdserverpb::LeaseKeepAliveResponse response;
    COAX_TRY(client.ask(
        [&](const EtcdMember &member, grpc::ClientContext &context) {
            response.Clear();
            return keep_alive_once(member, context, lease, response);
        },
        deadline));
    if (response.ttl() <= 0)
        return lease_is_gone(lease);
    return StoreLease{lease, std::chrono::seconds(response.ttl()),
                      etcd_revision(response.header().revision())};
}

Result<Revision> etcd_revoke(EtcdClient &client, LeaseId lease, EtcdClient::Deadline deadline) {
    etcdserverpb::LeaseRevokeRequest request;
    request.set_id(lease.value());
    etcdserverpb::LeaseRevokeResponse response;
    const auto outcome = client.run(
        [&](const EtcdMember &member, grpc::ClientContext &context) {
            response.Clear();
            return member.lease->LeaseRevoke(&context, request, &response);
        },
        deadline);
    if (!outcome.fault)
        return etcd_revision(response.header().revision());
    if (outcome.fault->error.code() == ErrorCode::kNotFound)
        return Revision();
    return outcome.fault->error;
}

} // namespace coax
