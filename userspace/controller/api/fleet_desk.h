// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "controller.pb.h"
#include "lib/base/types.h"
#include "lib/control/hello.h"

namespace coax::controller {

using DeskAnswer = std::variant<v1::Refused, v1::Pending, v1::Welcome>;

/// Reason of a refusal that is nobody's fault: the same is worth trying later.
inline constexpr std::string_view kStoreUnavailable = "store_unavailable";

/// Where agents' words are judged and written down. Calls block on the store; any thread.
class FleetDesk {
  public:
    virtual ~FleetDesk() = default;

    /// May be asked again with the same hello while it is pending.
    virtual DeskAnswer admit(const v1::Hello &hello, const ChallengeFacts &facts) = 0;
    /// Absent: it is written down. A refusal ends the stream, but for kStoreUnavailable.
    virtual std::optional<v1::Refused> announce(NodeId node, const v1::Announce &message) = 0;
    virtual std::optional<v1::Refused> report(NodeId node, const v1::Report &message) = 0;
};

} // namespace coax::controller
