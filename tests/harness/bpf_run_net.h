// SPDX-License-Identifier: Apache-2.0
// Devices and frames of a test: network namespaces nobody else sees, veth pairs, packet sockets.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/packet.h"

namespace coax::test {

class Fd {
  public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd &&other) noexcept : fd_(other.release()) {}
    Fd &operator=(Fd &&other) noexcept;
    Fd(const Fd &) = delete;
    Fd &operator=(const Fd &) = delete;
    ~Fd();
    [[nodiscard]] int get() const { return fd_; }
    int release();

  private:
    int fd_ = -1;
};

/// A new network namespace, entered by the calling thread until destruction. It has no IPv6 chatter
/// and goes away with everything in it. Not movable; nest them in order. Aborts where it cannot be
/// made (not root).
class ScratchNetns {
  public:
    ScratchNetns();
    ~ScratchNetns();
    ScratchNetns(const ScratchNetns &) = delete;
    ScratchNetns &operator=(const ScratchNetns &) = delete;

    [[nodiscard]] int fd() const { return self_.get(); }

  private:
    Fd outer_;
    Fd self_;
};

/// A namespace made but not stayed in.
Fd make_netns();

struct VethPair {
    std::uint32_t near = 0; // interface indices
    std::uint32_t far = 0;  // in the other end's namespace
};

/// A veth pair, both ends up and running; the far end in `far_netns` (-1: the current one), with
/// `far_mac` where given.
VethPair add_veth(const std::string &name, int far_netns = -1,
                  const std::optional<Mac> &far_mac = std::nullopt);

void set_mtu(std::uint32_t ifindex, int mtu);

/// A raw socket on a device: sends frames into it, receives what arrives on it (never what it sent).
class PacketSocket {
  public:
    /// `netns`: where the device is; -1 the current one.
    explicit PacketSocket(std::uint32_t ifindex, int netns = -1);
    void send(const Bytes &frame) const;
    /// Next frame with a stripped 802.1Q tag put back, or nothing within `timeout`.
    std::optional<Bytes> receive(std::chrono::milliseconds timeout = std::chrono::seconds(2)) const;
    /// The same with what the stack believes of it.
    struct Received {
        Bytes frame;
        std::uint16_t protocol = 0; // skb->protocol
        bool for_host = false;      // PACKET_HOST
    };
    std::optional<Received>
    receive_more(std::chrono::milliseconds timeout = std::chrono::seconds(2)) const;

  private:
    Fd fd_;
};

/// One TCP super-packet for the kernel to segment: the frame whole, its TCP checksum that of the pseudo
/// header only (pseudo_checksum).
struct SuperPacket {
    Bytes frame;
    std::uint16_t gso_size = 0;
    std::uint16_t tcp_offset = 0; // bytes from the start of the frame
    bool v6 = false;
};
void send_super_packet(std::uint32_t ifindex, const SuperPacket &packet);

/// Makes the kernel segment and sum in software what leaves by this device, as WireGuard does.
void disable_offloads(const std::string &name);

/// Attaches a TC program at the ingress of a device until the device is gone.
void attach_tc_ingress(std::uint32_t ifindex, int program_fd);

} // namespace coax::test
