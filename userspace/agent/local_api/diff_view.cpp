// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "agent/control/control.h"
#include "agent/local_api/peer_facts.h"
#include "agent/local_api/views.h"
#include "agent/peers/lane_config.h"

namespace coax {
namespace {

class Differences {
  public:
    explicit Differences(const ViewSource &source) : source_(source) {
        for (const auto &[id, peer] : source.state.peers)
            for (const auto *keys : {&peer.keys, &peer.next_keys})
                for (const PublicKey &key : *keys)
                    names_.emplace(key, peer.name);
    }

    api::Diff find() {
        lanes();
        ports();
        refused();
        return std::move(diff_);
    }

  private:
    void add(std::string what, std::string wanted, std::string found) {
        api::DiffLine &line = *diff_.add_lines();
        line.set_what(std::move(what));
        line.set_wanted(std::move(wanted));
        line.set_found(std::move(found));
    }

    std::string peer_text(const PublicKey &key, std::size_t lane) const {
        const auto name = names_.find(key);
        return fmt::format("peer {}, lane {}",
                           name == names_.end() ? key.to_string() : name->second, lane);
    }

    static std::string text(const WgPeerConfig &peer) {
        std::string out = "allowed";
        for (const IpPrefix &prefix : peer.allowed_ips)
            out += " " + prefix.to_string();
        return out;
    }

    void lanes() {
        const auto devices = read_lanes(source_);
        const auto &status = source_.reconciler.lanes().status();
        const Keyring &keys = source_.keys;
        for (std::size_t i = 0; i < status.size(); ++i) {
            const LaneId id = status[i].id;
            if (!devices[i]) {
                add(fmt::format("lane {}", id.slot()), "a WireGuard device", "");
            } else if (keys.has(id.set)) {
                const WgDeviceConfig wanted = lane_config_for(
                    source_.state, id, keys.public_key(id.set, id.lane), keys.changing());
                compare(wanted, *devices[i], id.slot());
            }
        }
    }

    void compare(const WgDeviceConfig &wanted, const WgDevice &found, std::uint32_t lane) {
        if (wanted.public_key != found.public_key)
            add(fmt::format("key, lane {}", lane), wanted.public_key.to_string(),
                found.public_key.to_string());
        if (wanted.listen_port != found.listen_port)
            add(fmt::format("port, lane {}", lane), std::to_string(wanted.listen_port.value()),
                std::to_string(found.listen_port.value()));
        for (const auto &[key, peer] : wanted.peers) {
            const auto has = found.peers.find(key);
            if (has == found.peers.end())
                add(peer_text(key, lane), text(peer), "");
            else if (has->second.config.allowed_ips != peer.allowed_ips)
                add(peer_text(key, lane), text(peer), text(has->second.config));
        }
        for (const auto &[key, peer] : found.peers)
            if (!wanted.peers.contains(key))
                add(peer_text(key, lane), "", text(peer.config));
    }

    void ports() {
        const auto &status = source_.reconciler.ports().status();
        for (const auto &[name, port] : source_.state.ports) {
            const auto found = status.find(name);
            if (found == status.end())
                add("port " + name, "an interface", "");
            else if (!found->second.error.empty())
                add("port " + name, "an interface", found->second.error);
        }
        for (const auto &[name, port] : status)
            if (!source_.state.ports.contains(name))
                add("port " + name, "", "an interface");
    }

    /// What a controller wants and this node does not.
    void refused() {
        if (source_.control == nullptr)
            return;
        for (const auto &[id, node] : source_.control->claims().nodes())
            if (node.refused)
                add(fmt::format("node {}", id.value()), "a peer, says the controller",
                    fmt::format("refused ({}): {}", node.refused->reason, node.refused->text));
        for (const LeftOut &left : source_.control->left_out())
            add(left.name, "added, says the controller", "left out: " + left.text);
    }

    const ViewSource &source_;
    std::map<PublicKey, std::string> names_;
    api::Diff diff_;
};

} // namespace

Result<api::Diff> diff_view(const ViewSource &source) {
    return Differences(source).find();
}

} // namespace coax
