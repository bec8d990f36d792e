// SPDX-License-Identifier: Apache-2.0
#include "unit/bpf/libxdp_program.h"

#include <cstdio>
#include <cstdlib>

namespace coax::test {

LibxdpProgram LibxdpProgram::xdp_pass() {
    DECLARE_LIBXDP_OPTS(xdp_program_opts, options);
    options.find_filename = "xdp-dispatcher.o";
    options.prog_name = "xdp_pass";
    xdp_program *program = xdp_program__create(&options);
    if (libxdp_get_error(program) != 0) {
        std::fputs("xdp-dispatcher.o: expected it beside libxdp; install libxdp1\n", stderr);
        std::abort();
    }
    return LibxdpProgram(program);
}

} // namespace coax::test
