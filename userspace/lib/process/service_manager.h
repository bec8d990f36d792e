// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace coax {

/// What systemd is told: sd_notify(3). Says nothing where no service manager listens.
/// Any thread. Failure: a message that cannot be sent is lost.
class ServiceManager {
  public:
    using Send = std::function<void(const std::string &message)>;
    explicit ServiceManager(Send send) : send_(std::move(send)) {}

    /// The one that started this process (NOTIFY_SOCKET).
    static ServiceManager of_this_process();

    void ready(const std::string &status) const { send_("READY=1\nSTATUS=" + status); }
    void status(const std::string &text) const { send_("STATUS=" + text); }
    void reloading() const;
    void stopping() const { send_("STOPPING=1"); }
    void alive() const { send_("WATCHDOG=1"); }

  private:
    Send send_;
};

/// How often alive() must be said at least: WatchdogSec= of the unit; absent: never.
std::optional<std::chrono::microseconds> watchdog_period();

} // namespace coax
