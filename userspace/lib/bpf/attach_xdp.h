// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "lib/base/result.h"
#include "lib/bpf/datapath.h"
#include "lib/bpf/ownership.h"
#include "lib/bpf/programs.h"
#include "lib/bpf/xdp_state.h"

namespace coax {

/// The XDP hook of uplinks. A program attached here stays when the agent dies.
/// Order of preference: chained by libxdp's dispatcher, so that others can be there too; else
/// alone. Native; else generic, unless told. What is in place already and fits is not
/// touched.
class XdpAttacher {
  public:
    XdpAttacher(const LoadedProgram &program, const Ownership &ownership, ProgramLoader &loader)
        : program_(program), ownership_(ownership), loader_(loader) {}

    /// kBusy names the program that has the hook to itself.
    Result<AttachedUplink> attach(IfIndex link, std::optional<bool> native);

  private:
    Result<AttachedUplink> attach_fresh(IfIndex link, std::optional<bool> native);
    Result<AttachedUplink> join_chain(IfIndex link, const XdpState &state,
                                      std::optional<bool> native);
    Result<AttachedUplink> replace_single(IfIndex link, const XdpState &state,
                                          std::optional<bool> native);
    Status attach_in_mode(IfIndex link, XdpMode mode);
    Status attach_by_libxdp(IfIndex link, XdpMode mode);
    Status attach_alone(IfIndex link, XdpMode mode);

    const LoadedProgram &program_;
    const Ownership &ownership_;
    ProgramLoader &loader_;
};

/// Takes our program away, alone or out of the chain. What is not ours stays; absent is success.
Status detach_xdp(IfIndex link, const Ownership &ownership);

} // namespace coax
