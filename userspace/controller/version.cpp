// SPDX-License-Identifier: Apache-2.0
#include "controller/version.h"

namespace coax::controller {

std::string_view version() {
    return COAX_VERSION;
}

} // namespace coax::controller
