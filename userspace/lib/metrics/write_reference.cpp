// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "lib/metrics/metric.h"

int main() {
    const std::string text = coax::metrics_reference_markdown();
    return std::fputs(text.c_str(), stdout) < 0 ? 1 : 0;
}
