// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <netinet/in.h>
#include <sys/socket.h>

#include <gtest/gtest.h>

namespace coax::test {

/// The port that the kernel chose for an IPv4 socket.
inline std::uint16_t bound_port(int fd) {
    sockaddr_in address{};
    socklen_t bytes = sizeof(address);
    EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr *>(&address), &bytes), 0);
    return ntohs(address.sin_port);
}

} // namespace coax::test
