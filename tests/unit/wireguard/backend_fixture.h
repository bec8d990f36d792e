// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "harness/own_netns.h"
#include "harness/poll_until.h"
#include "lib/net/links.h"
#include "lib/wireguard/wireguard.h"
#include "unit/wireguard/builders.h"

namespace coax::test {

/// The backend that `auto` would take here.
std::vector<const char *> chosen_backend();
/// "userspace" where that is the backend, else nothing: in an emulated guest with kernel WireGuard the
/// start of one wireguard-go takes seconds.
std::vector<const char *> userspace_if_chosen();

/// A UDP socket on `port` of the calling thread's namespace; invalid when the port is taken.
UniqueFd hold_udp_port(int family, std::uint16_t port);

/// A namespace with one backend in it, and a second one connected by a veth where a test wants it.
/// Devices have names of this process: wireguard-go shares one socket directory among namespaces.
class BackendTest : public testing::Test {
  protected:
    explicit BackendTest(std::string backend);
    ~BackendTest() override;

    /// Side B: its own namespace, links and backend.
    struct Side {
        UniqueFd netns;
        std::unique_ptr<Links> links;
        std::unique_ptr<WireGuard> wireguard;
        std::string name;
    };

    [[nodiscard]] std::string device_name(const std::string &which) const;
    std::unique_ptr<WireGuard> make_backend(Links &links) const;
    /// A device that goes with the test.
    std::string ensure(const std::string &which);
    /// Reads, compares and applies until nothing is left to do. Once is enough, unless a slow machine
    /// cuts a large change at the backend's deadline.
    void reconcile(const std::string &name, const WgDeviceConfig &desired,
                   const WgDeviceConfig *previous);

    /// A and B as peers of each other over 192.0.2.0/24; B lets A use 100.64.0.1 only.
    void connect_two();
    /// One UDP datagram into the tunnel at A.
    void send_through_a(const std::string &source, const std::string &destination);

    std::string backend_;
    OwnNetns own_;
    std::string run_dir_;
    std::unique_ptr<Links> links_;
    std::unique_ptr<WireGuard> wireguard_;
    PrivateKey key_a_ = generate_private_key();
    std::string a_name_;
    std::optional<Side> b_;
    std::vector<std::string> devices_;

  private:
    struct End {
        Links &links;
        WireGuard &wireguard;
        const std::string &name;
    };
    /// Applies `config`, gives the device its address inside the tunnel, sets it up.
    static void configure(const End &end, const PrivateKey &key, const WgDeviceConfig &config,
                          const std::string &tunnel_address);
};

} // namespace coax::test
