// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/result.h"

namespace coax::controller {

constexpr const char *kTrustAnchorsFile = "trust_anchors"; // public keys of CAs
constexpr const char *kOperatorsFile = "operators";        // public keys of people

struct InitOptions {
    std::string network_id;
    std::string vtep_pool = "100.64.0.0/10";
    std::vector<std::string> advertise;
    std::string ca_file; // empty: no CA yet
};

/// Makes in `folder` what a controller needs: configuration, TLS identity (one that was copied there
/// from another controller is kept), trust anchors, an empty list of operators. Returns what to tell
/// the operator. kExists when the folder has a configuration; bad options change nothing.
Result<std::string> init(const std::filesystem::path &folder, const InitOptions &options,
                         const Clock &clock);

} // namespace coax::controller
