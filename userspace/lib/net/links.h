// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/types.h"
#include "lib/base/unique_fd.h"

namespace coax {

/// A network interface as the kernel shows it.
struct Link {
    IfIndex index;
    std::string name;
    std::string kind;  // "veth", "dummy", "wireguard", "tun"; empty for hardware
    std::string alias; // IFLA_IFALIAS; Coax writes "coax <instance> <role>" to know its own
    MacAddress mac;
    std::uint32_t mtu = 0; // bytes
    bool up = false;       // IFF_UP
    bool running = false;  // IFF_RUNNING
    IfIndex peer;          // IFLA_LINK of a veth; in the peer's namespace
    // rtnl_link_stats64, what WireGuard counts a rejected source address under.
    std::uint64_t rx_frame_errors = 0;
    std::uint64_t tx_errors = 0;
};

/// What a device or the kernel does for it with many TCP segments at once.
enum class Offload {
    kTcpSegmentation, // tx: super-packets go out whole (TSO)
    kReceiveMerging,  // rx: segments of one stream are merged (GRO); on a veth also its NAPI
};

struct VethSpec {
    std::string name;                 // end that stays in this namespace
    std::string peer_name;            // end the user sees
    std::string alias;                // set on both ends
    MacAddress mac;                   // of the peer end; zero: the kernel chooses
    std::uint32_t mtu = 0;            // bytes, both ends; 0: the kernel's default
    std::optional<int> peer_netns_fd; // namespace the peer end is created in; absent: this one
};

/// Interfaces and addresses of one network namespace, over rtnetlink.
/// Blocking, not thread-safe. Every change is one request; errors name the interface.
class Links {
  public:
    virtual ~Links() = default;

    virtual Result<std::vector<Link>> list() = 0;
    virtual Result<std::optional<Link>> find(const std::string &name) = 0;

    /// Near ends and single devices are made down, with the alias and without IPv6 autoconfiguration.
    /// kExists when the name is taken; nothing is left behind on an error.
    virtual Result<Link> create_veth(const VethSpec &spec) = 0; // returns the near end
    /// An Ethernet device that leads nowhere: kind "dummy", or "ifb" where the kernel has no dummy.
    virtual Result<Link> create_dummy(const std::string &name, const std::string &alias) = 0;
    virtual Result<Link> create_wireguard(const std::string &name, const std::string &alias) = 0;
    virtual Status remove(IfIndex index) = 0; // kNotFound is success

    virtual Status set_up(IfIndex index, bool up) = 0;
    virtual Status set_mtu(IfIndex index, std::uint32_t mtu_bytes) = 0;
    virtual Status set_mac(IfIndex index, const MacAddress &mac) = 0;
    virtual Status set_alias(IfIndex index, const std::string &alias) = 0;
    /// IN6_ADDR_GEN_MODE_NONE: no link-local address of the kernel's own.
    virtual Status disable_ipv6_autoconf(IfIndex index) = 0;
    /// /sys/class/net/<name>/threaded. kUnsupported where the kernel has none; kUnavailable while the
    /// device has no NAPI context (WireGuard has one per peer: try again once there is a peer).
    virtual Status set_threaded_napi(IfIndex index, bool on) = 0;

    virtual Result<bool> offload(IfIndex index, Offload offload) = 0;
    virtual Status set_offload(IfIndex index, Offload offload, bool on) = 0;

    virtual Result<std::vector<IpPrefix>> addresses(IfIndex index) = 0; // global scope only
    /// IPv6 without DAD; an address that is there already is success.
    virtual Status add_address(IfIndex index, const IpPrefix &address) = 0;
    virtual Status remove_address(IfIndex index, const IpPrefix &address) = 0; // absent is success
};

/// Links of the calling thread's namespace, or of the one `netns_fd` names.
Result<std::unique_ptr<Links>> open_links();
Result<std::unique_ptr<Links>> open_links_in(int netns_fd);

/// Opens /run/netns/<name>, or an absolute path; kNotFound names both the path and `ip netns add`.
Result<UniqueFd> open_netns(const std::string &name_or_path);

/// True when both descriptors name the same namespace.
bool same_netns(int a, int b);

} // namespace coax
