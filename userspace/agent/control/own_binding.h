// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/net/links.h"
#include "lib/state/desired_state.h"
#include "lib/trust/binding.h"
#include "lib/trust/signer.h"

namespace coax {

constexpr std::chrono::hours kBindingValid{30 * 24};

/// Where other nodes reach lane 0: control.announce, or the addresses of the uplinks with the port
/// of lane 0, IPv4 first, at most kBindingEndpointsMax. An uplink that cannot be read has none.
std::vector<SocketAddress> own_endpoints(const DesiredState &state, Links &links);

/// What this node signs of itself, and when it does so again: when it changed, and by half of its
/// time, a little earlier on some nodes than on others.
class OwnBinding {
  public:
    /// `spread` 0..1: how much earlier.
    explicit OwnBinding(double spread) : spread_(spread) {}

    /// As signed in an earlier life; one that does not parse counts as none, its epoch does count.
    void restore(std::string signed_bytes, std::uint64_t epoch);
    /// A controller knows bindings of this node up to `epoch`.
    void seen(std::uint64_t epoch);

    /// `facts` without epoch and times. True when it differs from the present one, or is due.
    [[nodiscard]] bool is_due(const Binding &facts, UnixTime now) const;
    /// Signs `facts`: epoch and times are filled in.
    Status sign(Binding facts, UnixTime now, Signer &identity);

    [[nodiscard]] const std::string &bytes() const { return bytes_; } // empty: none yet
    [[nodiscard]] const std::optional<Binding> &binding() const { return binding_; }
    [[nodiscard]] std::uint64_t epoch() const { return epoch_; }

  private:
    const double spread_;
    std::string bytes_;
    std::optional<Binding> binding_;
    std::uint64_t epoch_ = 0; // the highest ever heard of
};

} // namespace coax
