// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "controller.pb.h"
#include "lib/base/result.h"
#include "lib/control/join_token.h"
#include "lib/trust/signer.h"

namespace coax::cli {

namespace ctl = coax::controller::v1;

struct JoinRequest {
    JoinToken token;
    std::string name;                 // of the node
    std::string certificate;          // blob; empty: none yet
    std::chrono::seconds patience{0}; // 0: as long as it takes
};

/// What happens meanwhile, once per change.
struct JoinProgress {
    std::function<void(const std::string &text)> pending;
    std::function<void(const std::string &controller, const std::string &why)> waiting;
};

/// Talks to the controllers of the token, one after the other, until one welcomes the node. Blocks.
/// kPermission when it is refused for good, kUnavailable when patience is over.
Result<ctl::Welcome> ask_to_join(const JoinRequest &request, Signer &identity,
                                 const JoinProgress &progress);

} // namespace coax::cli
