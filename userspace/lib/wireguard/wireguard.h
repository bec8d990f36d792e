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

/// The smallest change from what is to what should be.
struct WgDelta {
    bool set_private_key = false;
    std::optional<UdpPort> set_listen_port;
    std::map<PublicKey, WgPeerConfig> set_peers; // added, or changed fields (whole peer is sent)
    std::vector<PublicKey> remove_peers;
    [[nodiscard]] bool empty() const {
        return !set_private_key && !set_listen_port && set_peers.empty() && remove_peers.empty();
    }
};

/// Pure. An endpoint that WireGuard learned by roaming is kept: it differs only when the *configured*
/// endpoint changed, so `previous` (what was configured last, may be null) decides.
WgDelta diff(const WgDevice &actual, const WgDeviceConfig &desired, const WgDeviceConfig *previous);

/// WireGuard devices of this network namespace, by one backend.
/// Blocking, not thread-safe; a call ends within two seconds. Changes are never a full replace.
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
    /// kBusy when another socket has the UDP port.
    virtual Status apply(const std::string &name, const WgDelta &delta,
                         const PrivateKey &private_key) = 0;
    /// Decrypted packets refused because their source is not in the peer's AllowedIPs, since the
    /// device was made.
    virtual Result<std::uint64_t> rejected_sources(const std::string &name) = 0;
};

class Links;

/// Is there a kernel WireGuard here? (tries the generic netlink family, loads the module if it can)
bool kernel_wireguard_available();
Result<std::unique_ptr<WireGuard>> make_kernel_wireguard(Links &links);
/// Runs wireguard-go per device as its own session (it survives the agent); finds running ones again.
/// `run_dir` keeps pid and log descriptors' names.
Result<std::unique_ptr<WireGuard>> make_userspace_wireguard(Links &links,
                                                            const std::string &run_dir);

/// Curve25519 by libsodium.
PrivateKey generate_private_key();
PublicKey public_key_of(const PrivateKey &key);

/// Key of lane `lane` in `directory` (0700) as lane<N>.key (0600, base64): read, or made and written.
/// kPermission when file or directory can be read by others: says which mode was expected and found.
Result<PrivateKey> load_or_create_key(const std::string &directory, std::uint32_t lane);

} // namespace coax
