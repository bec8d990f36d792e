// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <utility>

#include "harness/fault_plan.h"
#include "lib/net/links.h"
#include "lib/wireguard/wireguard.h"

namespace coax::test {

/// WireGuard in memory. Calls are recorded as text: "ensure_device n1-wg0", "read n1-wg0",
/// "apply n1-wg0 set=2 remove=1". With a Links the devices exist there too.
class FakeWireGuard final : public WireGuard {
  public:
    explicit FakeWireGuard(Links *links = nullptr) : links_(links) {}

    FaultPlan faults;
    bool kernel = true;

    /// The device as the test may bend it: a peer removed by hand, a handshake, a roamed endpoint.
    WgDevice *peek(const std::string &name) {
        const auto it = devices_.find(name);
        return it == devices_.end() ? nullptr : &it->second.state;
    }
    /// The same for a device that must be there: throws otherwise.
    WgDevice &at(const std::string &name) { return devices_.at(name).state; }
    void set_rejected(const std::string &name, std::uint64_t count) {
        devices_[name].rejected = count;
    }
    /// The device dies without a call: rmmod, or the end of wireguard-go.
    void vanish(const std::string &name) { devices_.erase(name); }
    /// The delta of the last successful apply().
    [[nodiscard]] const WgDelta &last_delta() const { return last_delta_; }

    [[nodiscard]] std::string describe() const override { return kernel ? "kernel" : "fake 1.0"; }
    [[nodiscard]] bool is_kernel() const override { return kernel; }

    Result<bool> ensure_device(const std::string &name, const std::string &alias) override {
        COAX_TRY(faults.enter("ensure_device " + name));
        if (devices_.contains(name))
            return false;
        if (links_ != nullptr)
            COAX_TRY(links_->create_wireguard(name, alias));
        devices_[name] = {};
        return true;
    }
    Status remove_device(const std::string &name) override {
        COAX_TRY(faults.enter("remove_device " + name));
        devices_.erase(name);
        if (links_ == nullptr)
            return {};
        COAX_ASSIGN_OR_RETURN(const auto link, links_->find(name));
        return link ? links_->remove(link->index) : Status();
    }
    Result<WgDevice> read(const std::string &name) override {
        COAX_TRY(faults.enter("read " + name));
        COAX_TRY(check_present(name));
        return devices_[name].state;
    }
    Status apply(const std::string &name, const WgDelta &delta,
                 const PrivateKey &private_key) override {
        COAX_TRY(faults.enter("apply " + name + " set=" + std::to_string(delta.set_peers.size()) +
                              " remove=" + std::to_string(delta.remove_peers.size())));
        COAX_TRY(check_present(name));
        WgDevice &device = devices_[name].state;
        if (delta.set_private_key)
            device.public_key = public_key_of(private_key);
        if (delta.set_listen_port)
            device.listen_port = *delta.set_listen_port;
        for (const auto &[key, change] : delta.set_peers)
            set_peer(device, key, change);
        for (const auto &key : delta.remove_peers)
            device.peers.erase(key);
        last_delta_ = delta;
        return {};
    }
    Result<std::uint64_t> rejected_sources(const std::string &name) override {
        COAX_TRY(faults.enter("rejected_sources " + name));
        COAX_TRY(check_present(name));
        return devices_[name].rejected;
    }

  private:
    struct Device {
        WgDevice state;
        std::uint64_t rejected = 0;
    };

    Status check_present(const std::string &name) {
        if (!devices_.contains(name))
            return Error(ErrorCode::kNotFound, "WireGuard device " + name + " does not exist");
        return {};
    }
    static void set_peer(WgDevice &device, const PublicKey &key, const WgPeerChange &change) {
        if (!change.add && !device.peers.contains(key))
            return;
        auto &peer = device.peers[key].config;
        if (change.endpoint)
            peer.endpoint = change.endpoint;
        if (change.allowed_ips)
            peer.allowed_ips = *change.allowed_ips;
        if (change.keepalive)
            peer.keepalive = *change.keepalive;
        if (change.clear_preshared_key)
            device.peers[key].has_preshared_key = false;
    }

    Links *links_;
    std::map<std::string, Device> devices_;
    WgDelta last_delta_;
};

} // namespace coax::test
