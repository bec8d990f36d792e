// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/secret.h"
#include "lib/base/types.h"
#include "lib/base/vtep.h"

namespace coax {

/// What a peer of one lane should be.
struct WgPeerConfig {
    std::optional<SocketAddress> endpoint; // absent: leave what WireGuard learned
    std::vector<IpPrefix> allowed_ips;     // sorted
    std::chrono::seconds keepalive{0};     // 0 = off
    auto operator<=>(const WgPeerConfig &) const = default;
};

/// A peer as WireGuard reports it.
struct WgPeerStatus {
    WgPeerConfig config;
    std::optional<std::chrono::system_clock::time_point> last_handshake;
    std::uint64_t rx_bytes = 0;
    std::uint64_t tx_bytes = 0;
    bool has_preshared_key = false; // set by somebody else: Coax uses none
};

/// One lane: a WireGuard device.
struct WgDevice {
    PublicKey public_key; // zero when no private key is set
    UdpPort listen_port;
    std::map<PublicKey, WgPeerStatus> peers;
};

struct WgDeviceConfig {
    PublicKey public_key; // of the private key given beside it
    UdpPort listen_port;
    std::map<PublicKey, WgPeerConfig> peers;
};

/// What to change of one peer; an absent field stays as it is.
struct WgPeerChange {
    bool add = false; // false: the peer exists, and must not be made if it went meanwhile
    std::optional<SocketAddress> endpoint;
    std::optional<std::vector<IpPrefix>> allowed_ips; // sorted; replaces the whole list
    std::optional<std::chrono::seconds> keepalive;    // 0 = off
    bool clear_preshared_key = false;                 // no handshake succeeds with one side's
    auto operator<=>(const WgPeerChange &) const = default;
};

/// The smallest change from what is to what should be.
struct WgDelta {
    bool set_private_key = false;
    std::optional<UdpPort> set_listen_port;
    std::map<PublicKey, WgPeerChange> set_peers;
    std::vector<PublicKey> remove_peers;
    [[nodiscard]] bool empty() const {
        return !set_private_key && !set_listen_port && set_peers.empty() && remove_peers.empty();
    }
};

/// Pure. An endpoint that WireGuard learned by roaming is kept: it is set only when the *configured*
/// endpoint changed, so `previous` (what was configured last) decides. Where `previous` is null or
/// does not know the peer, a peer that has completed a handshake keeps the endpoint it has.
WgDelta diff(const WgDevice &actual, const WgDeviceConfig &desired, const WgDeviceConfig *previous);

/// WireGuard devices of this network namespace, by one backend.
/// Blocking, not thread-safe; a call ends within two seconds, or ten where it starts wireguard-go.
/// Changes are never a full replace.
class WireGuard {
  public:
    virtual ~WireGuard() = default;

    /// "kernel" or "wireguard-go 0.0.20220316".
    [[nodiscard]] virtual std::string describe() const = 0;
    [[nodiscard]] virtual bool is_kernel() const = 0;

    /// The device exists and answers afterwards; true when it had to be made (or its process started).
    virtual Result<bool> ensure_device(const std::string &name, const std::string &alias) = 0;
    virtual Status remove_device(const std::string &name) = 0; // absent is success
    virtual Result<WgDevice> read(const std::string &name) = 0;
    /// Sets peers before it removes any, so that an allowed IP moves between peers without a gap.
    /// On an error part of the delta may be in place; the next diff finds the rest.
    /// kBusy when another socket has the UDP port.
    virtual Status apply(const std::string &name, const WgDelta &delta,
                         const PrivateKey &private_key) = 0;
    /// Decrypted packets refused because their source is not in the peer's AllowedIPs, since the
    /// device was made. wireguard-go: counted from a bounded log, at least this many;
    /// kUnsupported when the process was not started by Coax.
    virtual Result<std::uint64_t> rejected_sources(const std::string &name) = 0;
};

class Links;

/// Is there a kernel WireGuard here? (tries the generic netlink family, loads the module if it can)
bool kernel_wireguard_available();
/// kUnsupported without the kernel module. `links` must outlive the result and be of the calling
/// thread's namespace; the same for the other backend.
Result<std::unique_ptr<WireGuard>> make_kernel_wireguard(Links &links);
/// Runs wireguard-go per device as its own session (it survives the agent); finds running ones again.
/// `run_dir` keeps per device the pid and the count of rejected sources. kNotFound without the binary.
Result<std::unique_ptr<WireGuard>> make_userspace_wireguard(Links &links,
                                                            const std::string &run_dir);

/// Curve25519 by libsodium.
PrivateKey generate_private_key();
PublicKey public_key_of(const PrivateKey &key);

/// "lane0.key", of the second set "lane0.second.key".
std::string lane_key_file(std::uint32_t lane, KeySet set);

/// Key of lane `lane` in `directory` (0700) as lane_key_file() (0600, base64): read, or made and
/// written. kPermission when file or directory can be read by others: says which mode was expected
/// and found.
Result<PrivateKey> load_or_create_key(const std::string &directory, std::uint32_t lane,
                                      KeySet set = KeySet::kFirst);

} // namespace coax
