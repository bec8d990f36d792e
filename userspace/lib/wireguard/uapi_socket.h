// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <sys/types.h>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/wireguard/deadline.h"

namespace coax {

/// Where user-space WireGuard listens for `device`; one directory per mount namespace.
std::string uapi_socket_path(const std::string &device);

/// One connection to the UAPI socket of a device.
/// Threading: one thread. Failure: every call ends at its deadline with kUnavailable.
class UapiSocket {
  public:
    /// kNotFound: no socket; kUnavailable: nobody listens behind it (the process died); kBusy: too
    /// many callers at once.
    static Result<UapiSocket> connect(const std::string &device, const Deadline &deadline);

    /// The process that listens (SO_PEERCRED): of this pid namespace, else 0.
    [[nodiscard]] Result<pid_t> listener() const;

    /// Sends one operation and reads to the blank line that ends the answer.
    Result<std::string> transact(std::string_view operation, const Deadline &deadline);

  private:
    UapiSocket(UniqueFd fd, std::string device) : fd_(std::move(fd)), device_(std::move(device)) {}
    Status send_all(std::string_view text, const Deadline &deadline);
    Status wait_for(short events, const Deadline &deadline);

    UniqueFd fd_; // non-blocking
    std::string device_;
};

} // namespace coax
