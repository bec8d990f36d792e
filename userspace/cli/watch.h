// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "cli/client.h"
#include "cli/session.h"
#include "cli/verb.h"

namespace coax::cli {

/// --watch [SECONDS]
class WatchOption {
  public:
    void add_to(Verb verb);
    [[nodiscard]] bool wanted() const { return option_.count() > 0; }
    [[nodiscard]] std::chrono::milliseconds period() const;
    [[nodiscard]] Option option() const { return option_; }

  private:
    Option option_;
    std::string seconds_;
};

/// One answer of the agent, ready to be shown.
struct Block {
    std::string text;
    Json json;
    bool degraded = false;
};

/// Asks the agent and renders; called once, or again and again.
using Round = std::function<Result<Block>(AgentClient &)>;

/// Without --watch: one block. With it: block after block until the pacer or the reader stops; on a
/// terminal each on a cleared screen, else separated by an empty line, or one JSON document per
/// line. An agent that goes away after the first block is waited for.
/// `check`: a degraded block ends in kDegraded.
ExitCode run_rounds(const Session &session, const WatchOption &watch, bool check,
                    const Round &round);

} // namespace coax::cli
