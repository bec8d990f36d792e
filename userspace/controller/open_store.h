// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "controller/config/config.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/store/store.h"

namespace coax::controller {

/// The store that the configuration of `folder` names. An etcd cluster need not be in reach yet.
Result<std::unique_ptr<Store>> open_store(const ControllerConfig &config,
                                          const std::filesystem::path &folder, const Clock &clock,
                                          const Log &log);

/// For operators: "sqlite /var/lib/coax-controller/store.db", "etcd 3 members", "memory".
std::string describe_store(const ControllerConfig &config, const std::filesystem::path &folder);

} // namespace coax::controller
