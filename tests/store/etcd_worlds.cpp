// SPDX-License-Identifier: Apache-2.0
#include "store/etcd_worlds.h"

namespace coax::test {
namespace {

using std::chrono::milliseconds;

std::unique_ptr<EtcdCluster> the_cluster; // ends with the tests, not with the program

class EndCluster final : public testing::Environment {
  public:
    void TearDown() override { the_cluster.reset(); }
};

[[maybe_unused]] const auto *const end_cluster = testing::AddGlobalTestEnvironment(new EndCluster);

class EtcdWorld final : public StoreWorld {
  public:
    Store &store() override { return *store_; }
    Store &other() override { return *other_; }
    void forget_history() override {
        EXPECT_TRUE(store_->put("filler", "x").ok());
        etcd_cluster().compact();
    }
    bool reopen() override {
        store_ = open_etcd(options_);
        other_ = open_etcd(options_);
        return true;
    }

  private:
    EtcdOptions options_ = etcd_options();
    std::unique_ptr<Store> store_ = open_etcd(options_);
    std::unique_ptr<Store> other_ = open_etcd(options_);
};

INSTANTIATE_TEST_SUITE_P(cluster, StoreConformance,
                         testing::Values(StoreWorldKind{
                             "etcd", [] { return std::make_unique<EtcdWorld>(); }}),
                         name_of_world);

} // namespace

EtcdCluster &etcd_cluster() {
    if (!the_cluster)
        the_cluster = std::make_unique<EtcdCluster>();
    return *the_cluster;
}

EtcdOptions etcd_options() {
    static int count = 0;
    auto &cluster = etcd_cluster();
    EtcdOptions options;
    options.endpoints = cluster.endpoints();
    options.ca_file = cluster.file("ca.crt");
    options.certificate_file = cluster.file("client.crt");
    options.key_file = cluster.file("client.key");
    options.username = EtcdCluster::kUser;
    options.password_file = cluster.file("password");
    options.prefix = "/coax-test/" + std::to_string(++count) + "/";
    options.call_timeout = milliseconds(30'000);
    options.attempt_timeout = milliseconds(2000);
    options.quiet_check = milliseconds(1000);
    return options;
}

std::unique_ptr<Store> open_etcd(const EtcdOptions &options) {
    auto opened = open_etcd_store(options, Log::to_stderr(LogLevel::kWarn));
    if (opened.ok())
        return std::move(*opened);
    ADD_FAILURE() << opened.error().message();
    return nullptr;
}

} // namespace coax::test
