// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "agent/liveness/liveness.h"
#include "agent/peers/keyring.h"
#include "agent/reconciler.h"
#include "lib/base/clock.h"
#include "lib/bpf/datapath.h"
#include "lib/net/links.h"
#include "lib/state/desired_state.h"
#include "lib/wireguard/wireguard.h"

namespace coax {

class Control;
class Rotation;

/// What the views of the local API are made from. References hold for the length of one call on the
/// event loop.
struct ViewSource {
    const DesiredState &state;
    const Reconciler &reconciler;
    Links &links;
    WireGuard &wireguard;
    Datapath &datapath;
    const Keyring &keys;
    const Clock &clock;
    const Liveness &liveness;
    std::chrono::steady_clock::time_point started_at;
    std::string config_path;
    std::string last_error;           // of the last reload; empty: fine
    const Control *control = nullptr; // null: no controller is followed
    const Rotation *rotation = nullptr;
};

} // namespace coax
