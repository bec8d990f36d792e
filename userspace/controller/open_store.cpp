// SPDX-License-Identifier: Apache-2.0
#include "controller/open_store.h"

#include <fmt/format.h>

#include "lib/store/etcd_store.h"
#include "lib/store/memory_store.h"
#include "lib/store/sqlite_store.h"

namespace coax::controller {
namespace {

std::filesystem::path sqlite_path(const ControllerConfig &config,
                                  const std::filesystem::path &folder) {
    return config.store.path.empty() ? folder / "store.db"
                                     : std::filesystem::path(config.store.path);
}

EtcdOptions etcd_options(const ControllerConfig &config) {
    EtcdOptions options;
    options.endpoints = config.store.endpoints;
    options.ca_file = config.store.ca_file;
    options.certificate_file = config.store.certificate_file;
    options.key_file = config.store.key_file;
    options.username = config.store.username;
    options.password_file = config.store.password_file;
    options.prefix = config.store.prefix;
    return options;
}

} // namespace

Result<std::unique_ptr<Store>> open_store(const ControllerConfig &config,
                                          const std::filesystem::path &folder, const Clock &clock,
                                          const Log &log) {
    switch (config.store.kind) {
    case StoreKind::kMemory:
        return make_memory_store(clock);
    case StoreKind::kEtcd:
        return open_etcd_store(etcd_options(config), log);
    case StoreKind::kSqlite:
        break;
    }
    return open_sqlite_store(sqlite_path(config, folder), clock);
}

std::string describe_store(const ControllerConfig &config, const std::filesystem::path &folder) {
    switch (config.store.kind) {
    case StoreKind::kMemory:
        return "memory";
    case StoreKind::kEtcd:
        return fmt::format("etcd {} members", config.store.endpoints.size());
    case StoreKind::kSqlite:
        break;
    }
    return "sqlite " + sqlite_path(config, folder).string();
}

} // namespace coax::controller
