// SPDX-License-Identifier: Apache-2.0
#include "lib/bpf/library_log.h"

#include <array>
#include <cstdarg>
#include <cstdio>
#include <string_view>

#include <bpf/libbpf.h>
#include <spdlog/spdlog.h>
#include <xdp/libxdp.h>

namespace coax {
namespace {

int log_line(std::string_view library, const char *format, va_list arguments) {
    if (!spdlog::should_log(spdlog::level::debug))
        return 0;
    std::array<char, 1024> line{};
    const int length = std::vsnprintf(line.data(), line.size(), format, arguments);
    std::string_view text(line.data());
    while (text.ends_with('\n'))
        text.remove_suffix(1);
    spdlog::debug("{}: {}", library, text);
    return length;
}

int log_libbpf(enum libbpf_print_level, const char *format, va_list arguments) {
    return log_line("libbpf", format, arguments);
}

int log_libxdp(enum libxdp_print_level, const char *format, va_list arguments) {
    return log_line("libxdp", format, arguments);
}

} // namespace

void route_library_logs() {
    libbpf_set_print(log_libbpf);
    libxdp_set_print(log_libxdp);
}

} // namespace coax
