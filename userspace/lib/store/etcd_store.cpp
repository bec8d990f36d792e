// SPDX-License-Identifier: Apache-2.0
#include "lib/store/etcd_store.h"

#include <algorithm>

#include <fmt/format.h>

#include "lib/base/text.h"
#include "lib/store/check.h"
#include "lib/store/etcd_client.h"
#include "lib/store/etcd_keys.h"
#include "lib/store/etcd_lease.h"
#include "lib/store/etcd_list.h"
#include "lib/store/etcd_watch.h"
#include "lib/store/etcd_writer.h"

namespace coax {
namespace {

class EtcdStore final : public Store {
  public:
    EtcdStore(EtcdOptions options, Log log) : client_(std::move(options), std::move(log)) {}

    Result<StoreFound> get(std::string_view key) override {
        COAX_TRY(check_key(key));
        etcdserverpb::RangeRequest request;
        request.set_key(etcd_entry_key(prefix(), key));
        etcdserverpb::RangeResponse response;
        const auto outcome = client_.range(request, response, client_.call_deadline());
        if (outcome.fault)
            return outcome.fault->error;
        StoreFound found{.entry = std::nullopt,
                         .revision = etcd_revision(response.header().revision())};
        if (response.kvs_size() != 0)
            found.entry = etcd_entry(prefix(), response.kvs(0));
        return found;
    }

    Result<StoreListing> list(std::string_view below) override {
        const auto deadline = client_.call_deadline();
        etcdserverpb::RangeResponse response;
        for (;;) {
            const auto outcome = etcd_list(client_, {etcd_entry_key(prefix(), below), {}, false},
                                           response, deadline);
            if (!outcome.fault)
                break;
            // Between two pages, history of the first was given up.
            const bool again = outcome.fault->kind == EtcdFault::Kind::kCompacted &&
                               std::chrono::steady_clock::now() < deadline;
            if (!again)
                return outcome.fault->error;
        }
        StoreListing listing{.entries = {},
                             .revision = etcd_revision(response.header().revision())};
        listing.entries.reserve(static_cast<std::size_t>(response.kvs_size()));
        for (const auto &pair : response.kvs())
            listing.entries.push_back(etcd_entry(prefix(), pair));
        return listing;
    }

    Result<Revision> commit(const StoreTransaction &transaction) override {
        COAX_TRY(check_transaction(transaction));
        return writer_.commit(transaction);
    }

    Result<StoreLease> grant_lease(std::chrono::seconds ttl) override {
        COAX_TRY(check_ttl(ttl));
        return etcd_grant(client_, ttl, client_.call_deadline());
    }

    Result<StoreLease> keep_alive(LeaseId lease) override {
        return etcd_keep_alive(client_, lease, client_.call_deadline());
    }

    Result<Revision> revoke_lease(LeaseId lease) override {
        COAX_ASSIGN_OR_RETURN(const Revision revision,
                              etcd_revoke(client_, lease, client_.call_deadline()));
        if (revision != Revision())
            return revision;
        COAX_ASSIGN_OR_RETURN(const StoreFound found, get("revision"));
        return found.revision;
    }

    Result<std::unique_ptr<StoreWatch>> watch(std::string below, Revision from) override {
        COAX_TRY(check_watch(from));
        return std::unique_ptr<StoreWatch>(
            std::make_unique<EtcdWatch>(client_, etcd_entry_key(prefix(), below), from));
    }

  private:
    [[nodiscard]] const std::string &prefix() const { return client_.options().prefix; }

    EtcdClient client_;
    EtcdWriter writer_{client_};
};

Error wrong(std::string_view option, std::string_view expected, std::string_view found) {
    return {ErrorCode::kInvalid,
            fmt::format("etcd: {}: expected {}, found {}", option, expected, coax::quoted(found))};
}

Status check_endpoint(const std::string &endpoint, bool with_password) {
    const bool tls = endpoint.starts_with("https://");
    const bool clear = endpoint.starts_with("http://");
    const std::string_view address =
        std::string_view(endpoint).substr(std::min(endpoint.size(), endpoint.find("//") + 2));
    const bool plain_address = address.find_first_of("/@?# ") == std::string_view::npos &&
                               address.find(':') != std::string_view::npos;
    if ((!tls && !clear) || !plain_address)
        return wrong("endpoint", "https://HOST:PORT or http://HOST:PORT", endpoint);
    if (clear && with_password)
        return wrong("endpoint",
                     "https:// where there is a user name: the password would be "
                     "readable on the way",
                     endpoint);
    return {};
}

Status check_options(const EtcdOptions &options) {
    if (options.endpoints.empty())
        return wrong("endpoints", "at least one", "none");
    for (const auto &endpoint : options.endpoints)
        COAX_TRY(check_endpoint(endpoint, !options.username.empty()));
    if (options.certificate_file.empty() != options.key_file.empty())
        return wrong("certificate and key", "both or none",
                     options.certificate_file.string() + options.key_file.string());
    if (options.username.empty() != options.password_file.empty())
        return wrong("user name and password file", "both or none",
                     options.username + options.password_file.string());
    if (options.prefix.empty() || options.prefix.back() != '/')
        return wrong("prefix", "a text that ends in '/'", options.prefix);
    return {};
}

} // namespace

Result<std::unique_ptr<Store>> open_etcd_store(EtcdOptions options, Log log) {
    COAX_TRY(check_options(options));
    return std::unique_ptr<Store>(std::make_unique<EtcdStore>(std::move(options), std::move(log)));
}

} // namespace coax
