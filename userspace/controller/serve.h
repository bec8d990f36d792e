// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "controller/config/config.h"
#include "lib/base/result.h"

namespace coax::controller {

/// Configuration, keys and files are good; the store and the network are not touched. What they mean.
Result<std::string> check(const std::filesystem::path &folder, const ControllerConfig &config);

/// Runs the controller of `folder` until it is told to stop.
Status serve(const std::filesystem::path &folder, const ControllerConfig &config);

} // namespace coax::controller
