// SPDX-License-Identifier: Apache-2.0
#include "agent/local_api/views.h"

namespace coax {
namespace {

std::string state_of(const PortStatus &status) {
    if (!status.error.empty())
        return "error: " + status.error;
    return status.near.value() != 0 && status.up ? "up" : "missing";
}

} // namespace

Result<api::Ports> ports_view(const ViewSource &source) {
    COAX_ASSIGN_OR_RETURN(const auto traffic, source.datapath.port_stats());
    api::Ports ports;
    for (const auto &[name, port] : source.state.ports) {
        api::Port &out = *ports.add_ports();
        out.set_name(name);
        out.set_network(source.state.networks.at(port.vni).name);
        out.set_vni(port.vni.value());
        out.set_kind(port.kind == PortKind::kHost ? "host" : "netns");
        out.set_netns(port.netns);
        out.set_ifname(port.ifname);
        out.set_mac(port.mac.to_string());
        for (const IpPrefix &address : port.addresses)
            out.add_addresses(address.to_string());
        out.set_guard_ips(port.guard_ips);
        const auto &all = source.reconciler.ports().status();
        const auto status = all.find(name);
        out.set_state(status == all.end() ? "missing" : state_of(status->second));
        if (status == all.end())
            continue;
        out.set_mtu(status->second.mtu);
        const auto counts = traffic.find(status->second.near.value());
        if (counts == traffic.end())
            continue;
        out.set_rx_packets(counts->second.rx_packets);
        out.set_rx_bytes(counts->second.rx_bytes);
        out.set_tx_packets(counts->second.tx_packets);
        out.set_tx_bytes(counts->second.tx_bytes);
    }
    return ports;
}

} // namespace coax
