// SPDX-License-Identifier: Apache-2.0
#include "agent/version.h"

namespace coax {

std::string_view version() {
    return COAX_VERSION;
}

} // namespace coax
