// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/memory.h"
#include "agent/pass.h"
#include "agent/ports/namespaces.h"
#include "lib/bpf/datapath.h"
#include "lib/net/links.h"
#include "lib/state/desired_state.h"

namespace coax {

/// A port as the last pass left it.
struct PortStatus {
    IfIndex near; // agent's end; 0: not there
    bool up = false;
    std::uint32_t mtu = 0;
    std::string error; // empty: fine
};

/// The veth pairs of the local ports.
/// Runs on the event loop. Owns the links whose alias is "coax <instance> port <name>"; the
/// references given to the constructor outlive it. A port that fails (its namespace is missing, its
/// interface name is taken) does not disturb the others and is tried again by every pass. The agent's
/// end comes up last, after tc_port is attached and the tables know the port, so that no frame of a
/// port ever reaches the node's own stack.
class Ports {
  public:
    struct Needs {
        Links &links;
        Namespaces &namespaces;
        Datapath &datapath;
        Memory &memory;
    };
    explicit Ports(const Needs &needs) : needs_(needs) {}

    /// Pairs exist, are configured, and tc_port is attached. An error: the links could not be read,
    /// nothing is known and the pass must end.
    Status ensure(const DesiredState &state, std::uint32_t inner_mtu, Pass &pass);
    /// Agent's ends of the ports in the tables go up.
    void bring_up(const DesiredState &state, Pass &pass);
    /// Pairs that are no longer wanted go.
    void prune(const DesiredState &state, Pass &pass);
    /// Every port of `instance`, wanted or not; appends a line for each.
    Status remove_all(const std::string &instance, std::vector<std::string> &removed);

    [[nodiscard]] const std::map<std::string, PortStatus> &status() const { return status_; }
    [[nodiscard]] std::map<std::string, IfIndex> indices() const;

  private:
    // One port during one pass.
    struct Work {
        const DesiredState &state;
        const Port &port;
        std::uint32_t mtu;
        PortStatus &status;
        Pass &pass;
    };

    Status observe(const std::string &instance);
    Status ensure_port(const Work &work);
    Result<Namespace> open_namespace(const Work &work);
    Result<std::optional<Link>> find_far(Links &links, const Work &work);
    Result<Link> create(const Work &work, const Namespace &netns);
    /// Receive merging at the user's end: a stream that came through the tunnel in segments reaches
    /// its socket in super-packets. A veth does this only where the sending end does not segment
    /// (veth_skb_is_eligible_for_gro in drivers/net/veth.c), so that is turned off there. A refusal
    /// is a degradation: a port without it is slower, not broken.
    static void ensure_offload(Links &links, const Link &link, Offload offload, bool on,
                               const Work &work);
    Status configure_near(const Link &near, const Work &work);
    Status configure_far(Links &links, const Link &far, const Work &work);
    Status configure_addresses(Links &links, const Link &far, const Work &work);

    Needs needs_;
    std::map<std::string, Link> near_; // by port name
    std::vector<Link> surplus_;        // second devices of a port, left by a crash
    std::map<std::string, PortStatus> status_;
};

} // namespace coax
