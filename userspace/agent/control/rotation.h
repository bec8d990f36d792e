// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/control/key_change.h"
#include "agent/liveness/prober.h"
#include "agent/peers/keyring.h"
#include "agent/reconciler.h"
#include "lib/base/log.h"

namespace coax {

class Control;

/// Changes the lane keys of this node, make before break: next keys beside those in use, on devices
/// of their own; peers learn them by the binding, and each pair moves when it has a session; the old
/// keys go when nobody needs them. Every step can be cut short: an agent that starts goes on from
/// the keyring's file.
/// Runs on the event loop. Failure: a change that cannot begin says why and changes nothing; one that
/// waits is seen in `coax key`, both sets work for as long as it does.
class Rotation {
  public:
    struct Needs {
        Keyring &keys;
        Prober &prober;
        const Reconciler &reconciler;
        const Clock &clock;
        Log log;
        /// The keys of this node are others: tell peers, and make the kernel so.
        std::function<void()> on_change;
    };
    explicit Rotation(Needs needs);

    /// The next keys are made, or a change goes on already. The error says why this node does not
    /// change its keys now. `control` null: no controller is followed.
    Status begin(const DesiredState &state, const Control *control);
    /// Twice a second or so: begins when the keys are old, ends when it may.
    void tick(const DesiredState &state, const Control *control);

    /// What the end of a change waits for; empty: nothing, or there is no change.
    [[nodiscard]] std::vector<ChangeWait> waits() const;

  private:
    void begin_when_old(const DesiredState &state, const Control *control);
    void end_when_done(const DesiredState &state);
    [[nodiscard]] std::vector<ChangingPeer> look(const DesiredState &state);
    void end();

    Needs needs_;
    std::optional<KeyChange> change_;                    // while keys change
    std::chrono::steady_clock::time_point not_before_{}; // of the next try
};

} // namespace coax
