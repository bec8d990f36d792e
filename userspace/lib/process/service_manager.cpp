// SPDX-License-Identifier: Apache-2.0
#include "lib/process/service_manager.h"

#include <ctime>

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

namespace coax {

ServiceManager ServiceManager::of_this_process() {
    return ServiceManager(
        [](const std::string &message) { static_cast<void>(::sd_notify(0, message.c_str())); });
}

// systemd from 253 on wants the time, too, for Type=notify-reload.
void ServiceManager::reloading() const {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    send_(fmt::format("RELOADING=1\nMONOTONIC_USEC={}{:06}", now.tv_sec, now.tv_nsec / 1000));
}

std::optional<std::chrono::microseconds> watchdog_period() {
    std::uint64_t period_us = 0;
    if (::sd_watchdog_enabled(0, &period_us) <= 0)
        return std::nullopt;
    return std::chrono::microseconds(period_us);
}

} // namespace coax
