// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sched.h>

#include "lib/base/unique_fd.h"

namespace coax::test {

/// Moves the calling thread into a new, empty network namespace, and back in the end. The namespace
/// goes with everything in it once nothing refers to it. Needs root.
class OwnNetns {
  public:
    OwnNetns() : home_(open_current()) {
        if (::unshare(CLONE_NEWNET) != 0)
            throw std::system_error(errno, std::generic_category(), "unshare(CLONE_NEWNET)");
        netns_ = open_current();
    }
    OwnNetns(const OwnNetns &) = delete;
    OwnNetns &operator=(const OwnNetns &) = delete;
    ~OwnNetns() {
        if (::setns(home_.get(), CLONE_NEWNET) != 0)
            std::abort(); // the next test would run in the wrong place
    }

    [[nodiscard]] int fd() const { return netns_.get(); }

    /// Another namespace, without staying in it.
    static UniqueFd make_other() {
        const OwnNetns other;
        return UniqueFd(::fcntl(other.fd(), F_DUPFD_CLOEXEC, 0));
    }

  private:
    static UniqueFd open_current() {
        UniqueFd fd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
        if (!fd.valid())
            throw std::system_error(errno, std::generic_category(),
                                    "open /proc/thread-self/ns/net");
        return fd;
    }

    UniqueFd home_;
    UniqueFd netns_;
};

} // namespace coax::test
