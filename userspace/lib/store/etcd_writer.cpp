// SPDX-License-Identifier: Apache-2.0
#include "lib/store/etcd_writer.h"

#include <array>
#include <utility>

#include <sodium.h>

#include <fmt/format.h>

#include "lib/store/check.h"
#include "lib/store/etcd_keys.h"
#include "lib/store/etcd_lease.h"

namespace coax {
namespace {

using Kind = EtcdFault::Kind;
using Steady = std::chrono::steady_clock;

constexpr std::chrono::seconds kSlipTtl{3600};
constexpr std::size_t kNameBytes = 16;
constexpr std::string_view kVoid =
    " void"; // after the number of a transaction that must not happen

std::string random_name() {
    std::array<std::uint8_t, kNameBytes> random{};
    randombytes_buf(random.data(), random.size());
    std::array<char, 2 * kNameBytes + 1> hex{};
    sodium_bin2hex(hex.data(), hex.size(), random.data(), random.size());
    return hex.data();
}

void compare_exists(etcdserverpb::Compare &compare, bool exists) {
    compare.set_target(etcdserverpb::Compare::VERSION);
    compare.set_result(exists ? etcdserverpb::Compare::GREATER : etcdserverpb::Compare::EQUAL);
    compare.set_version(0);
}

void add_range(etcdserverpb::RequestOp &operation, const std::string &key, bool keys_only) {
    auto &range = *operation.mutable_request_range();
    range.set_key(key);
    range.set_keys_only(keys_only);
}

/// Slip at `number` or not there: nothing happened yet. `then`: what it holds after.
void add_slip(const std::string &key, std::uint64_t number, etcdserverpb::TxnRequest &request) {
    auto &compare = *request.add_compare();
    compare.set_key(key);
    if (number == 0) {
        compare_exists(compare, false);
    } else {
        compare.set_target(etcdserverpb::Compare::VALUE);
        compare.set_value(std::to_string(number));
    }
    add_range(*request.add_failure(), key, false);
}

void put_slip(const std::string &key, LeaseId lease, const std::string &value,
              etcdserverpb::TxnRequest &request) {
    auto &put = *request.add_success()->mutable_request_put();
    put.set_key(key);
    put.set_value(value);
    put.set_lease(lease.value());
}

/// The slip in the answer of a transaction whose compares did not hold; null: it is gone.
const etcdserverpb::KeyValue *slip_in(const etcdserverpb::TxnResponse &response) {
    if (response.responses_size() == 0)
        return nullptr;
    const auto &range = response.responses(0).response_range();
    return range.kvs_size() == 0 ? nullptr : &range.kvs(0);
}

EtcdClient::Attempt sending(const etcdserverpb::TxnRequest &request,
                            etcdserverpb::TxnResponse &response) {
    return [&](const EtcdMember &member, grpc::ClientContext &context) {
        response.Clear();
        return member.kv->Txn(&context, request, &response);
    };
}

/// Of the compares, whose keys the answer holds from place `first` on, the one that failed.
Error conflict_in(const StoreTransaction &transaction, const etcdserverpb::TxnResponse &response,
                  int first) {
    for (std::size_t i = 0; i < transaction.compares.size(); ++i) {
        const int place = first + static_cast<int>(i);
        if (place >= response.responses_size())
            break;
        const auto &compare = transaction.compares[i];
        const auto &range = response.responses(place).response_range();
        const bool exists = range.kvs_size() != 0;
        const Revision found = exists ? etcd_revision(range.kvs(0).mod_revision()) : Revision();
        if (!holds(compare, found))
            return conflict_on(compare, found);
    }
    return {ErrorCode::kConflict, "a compare of the transaction did not hold; read again"};
}

Error unknown(const Error &why) {
    return {ErrorCode::kUnavailable,
            fmt::format("{}; the change may have happened, or may yet: read, then compare on "
                        "revisions",
                        why.message())};
}

} // namespace

Result<Revision> EtcdWriter::commit(const StoreTransaction &transaction) {
    if (transaction.operations.empty())
        return compare_only(transaction);
    const auto deadline = client_.call_deadline();
    bool lease_missed = false;
    for (;;) {
        COAX_ASSIGN_OR_RETURN(Slip slip, take_slip(deadline));
        const Verdict verdict = write(slip, transaction, deadline);
        if (verdict.slip_lost)
            continue;
        // The lease that is gone may be that of the slip: a second slip tells.
        const bool no_lease = verdict.failed && verdict.failed->code() == ErrorCode::kNotFound;
        if (no_lease && !std::exchange(lease_missed, true))
            continue;
        if (!verdict.failed || verdict.failed->code() != ErrorCode::kUnavailable)
            idle_.with([&](std::vector<Slip> &idle) { idle.push_back(std::move(slip)); });
        if (verdict.done)
            return *verdict.done;
        return *verdict.failed;
    }
}

Result<Revision> EtcdWriter::compare_only(const StoreTransaction &transaction) {
    etcdserverpb::TxnRequest request;
    add_user_part(transaction, request);
    etcdserverpb::TxnResponse response;
    COAX_TRY(client_.ask(sending(request, response), client_.call_deadline()));
    if (response.succeeded())
        return etcd_revision(response.header().revision());
    return conflict_in(transaction, response, 0);
}

void EtcdWriter::add_user_part(const StoreTransaction &transaction,
                               etcdserverpb::TxnRequest &request) const {
    const std::string &prefix = client_.options().prefix;
    for (const auto &compare : transaction.compares) {
        auto &wire = *request.add_compare();
        wire.set_key(etcd_entry_key(prefix, compare.key));
        add_range(*request.add_failure(), wire.key(), true);
        if (compare.kind != StoreCompare::Kind::kUnchanged) {
            compare_exists(wire, compare.kind == StoreCompare::Kind::kExists);
        } else if (compare.mod_revision == Revision()) {
            wire.set_target(etcdserverpb::Compare::VERSION); // nothing is unchanged since never
            wire.set_version(-1);
        } else {
            wire.set_target(etcdserverpb::Compare::MOD);
            wire.set_mod_revision(static_cast<std::int64_t>(compare.mod_revision.value()));
        }
    }
    for (const auto &operation : transaction.operations) {
        auto &wire = *request.add_success();
        if (operation.kind == StoreOperation::Kind::kPut) {
            wire.mutable_request_put()->set_key(etcd_entry_key(prefix, operation.key));
            wire.mutable_request_put()->set_value(operation.value);
            wire.mutable_request_put()->set_lease(operation.lease.value());
        } else {
            wire.mutable_request_delete_range()->set_key(etcd_entry_key(prefix, operation.key));
        }
    }
}

EtcdWriter::Verdict EtcdWriter::write(Slip &slip, const StoreTransaction &transaction,
                                      EtcdClient::Deadline deadline) {
    etcdserverpb::TxnRequest request;
    add_slip(slip.key, slip.number, request);
    put_slip(slip.key, slip.lease, std::to_string(slip.number + 1), request);
    add_user_part(transaction, request);
    etcdserverpb::TxnResponse response;
    const auto outcome = client_.run(sending(request, response), deadline);

    Verdict verdict;
    if (outcome.fault)
        verdict.failed = outcome.fault->error;
    else
        verdict = judge(slip, transaction, response);
    if (verdict.done)
        ++slip.number;
    if (verdict.done || !outcome.in_doubt)
        return verdict;
    if (verdict.slip_lost || verdict.failed->code() == ErrorCode::kUnavailable) {
        verdict.slip_lost = false;
        verdict.failed = unknown(verdict.failed.value_or(lease_is_gone(slip.lease)));
        return verdict;
    }
    return settle(slip, *verdict.failed, deadline);
}

EtcdWriter::Verdict EtcdWriter::judge(const Slip &slip, const StoreTransaction &transaction,
                                      const etcdserverpb::TxnResponse &response) const {
    Verdict verdict;
    if (response.succeeded()) {
        verdict.done = etcd_revision(response.header().revision());
        return verdict;
    }
    const auto *found = slip_in(response);
    if (found != nullptr && found->value() == std::to_string(slip.number + 1))
        verdict.done = etcd_revision(found->mod_revision());
    else if (found == nullptr && slip.number != 0)
        verdict.slip_lost = true;
    else
        verdict.failed = conflict_in(transaction, response, 1);
    return verdict;
}

/// A copy of the transaction may be under way still: makes sure that it cannot happen any more, or
/// finds that it did.
EtcdWriter::Verdict EtcdWriter::settle(Slip &slip, const Error &failure,
                                       EtcdClient::Deadline deadline) {
    const std::string next = std::to_string(slip.number + 1);
    etcdserverpb::TxnRequest request;
    add_slip(slip.key, slip.number, request);
    put_slip(slip.key, slip.lease, next + std::string(kVoid), request);
    etcdserverpb::TxnResponse response;
    const auto outcome = client_.run(sending(request, response), deadline);

    Verdict verdict;
    const auto *found = outcome.fault ? nullptr : slip_in(response);
    if (!outcome.fault && (response.succeeded() ||
                           (found != nullptr && found->value() == next + std::string(kVoid)))) {
        verdict.failed = failure;
        slip.discard_after = {}; // it does not hold a number any more
    } else if (found != nullptr && found->value() == next) {
        verdict.done = etcd_revision(found->mod_revision());
        ++slip.number;
    } else {
        verdict.failed = unknown(outcome.fault ? outcome.fault->error : failure);
    }
    return verdict;
}

Result<EtcdWriter::Slip> EtcdWriter::take_slip(EtcdClient::Deadline deadline) {
    const auto now = Steady::now();
    auto idle = idle_.with([&](std::vector<Slip> &slips) -> std::optional<Slip> {
        while (!slips.empty()) {
            Slip last = std::move(slips.back());
            slips.pop_back();
            if (last.discard_after > now)
                return last;
        }
        return std::nullopt;
    });
    if (idle)
        return *std::move(idle);
    return make_slip(deadline);
}

Result<EtcdWriter::Slip> EtcdWriter::make_slip(EtcdClient::Deadline deadline) {
    Slip slip;
    slip.key = etcd_writer_key(client_.options().prefix, random_name());
    slip.discard_after = Steady::now() + kSlipTtl / 2;
    COAX_ASSIGN_OR_RETURN(const StoreLease lease, etcd_grant(client_, kSlipTtl, deadline));
    slip.lease = lease.id;
    return slip;
}

} // namespace coax
