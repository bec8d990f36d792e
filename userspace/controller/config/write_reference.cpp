// SPDX-License-Identifier: Apache-2.0
// Prints a reference page: "config" or "metrics".
#include <cstdio>
#include <string>
#include <string_view>

#include "controller/config/config.h"
#include "controller/metrics/collect.h"

int main(int argc, char **argv) {
    const bool metrics = argc > 1 && std::string_view(argv[1]) == "metrics";
    const std::string text = metrics ? coax::controller::controller_metrics_reference()
                                     : coax::controller_config_reference();
    return std::fputs(text.c_str(), stdout) < 0 ? 1 : 0;
}
