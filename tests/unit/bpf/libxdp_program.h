// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <xdp/libxdp.h>

#include "lib/base/types.h"

namespace coax::test {

/// A program that somebody else attaches through libxdp.
class LibxdpProgram {
  public:
    /// The one that comes with libxdp: passes everything. Aborts when it is not installed.
    static LibxdpProgram xdp_pass();

    /// The error of libxdp, 0 for success.
    [[nodiscard]] int attach(IfIndex link, xdp_attach_mode mode) const {
        return xdp_program__attach(program_.get(), static_cast<int>(link.value()), mode, 0);
    }

  private:
    struct Close {
        void operator()(xdp_program *program) const { xdp_program__close(program); }
    };
    explicit LibxdpProgram(xdp_program *program) : program_(program) {}
    std::unique_ptr<xdp_program, Close> program_;
};

} // namespace coax::test
