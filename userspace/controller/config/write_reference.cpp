// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "controller/config/config.h"

int main() {
    const std::string text = coax::controller_config_reference();
    return std::fputs(text.c_str(), stdout) < 0 ? 1 : 0;
}
