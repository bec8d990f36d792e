// SPDX-License-Identifier: Apache-2.0
#include "lib/config/check_overlay.h"

#include <functional>

#include <gtest/gtest.h>

namespace coax {
namespace {

OverlayItems good_items() {
    OverlayItems items;
    items.node = {NodeId(1), "storage1"};
    items.vtep_pool = *IpPrefix::parse("100.64.0.0/10");
    for (std::uint32_t vni : {100U, 200U}) {
        Network network;
        network.vni = Vni(vni);
        network.name = vni == 100 ? "red" : "blue";
        network.subnets = {*IpPrefix::parse(vni == 100 ? "10.1.0.0/24" : "10.2.0.0/24")};
        network.members = {NodeId(1)};
        items.networks.push_back(network);
    }
    for (std::uint8_t i = 1; i <= 2; ++i) {
        Port port;
        port.name = "p" + std::to_string(i);
        port.vni = Vni(100);
        port.ifname = "red" + std::to_string(i);
        port.mac.bytes = {2, 0, 0x5e, 0, 0x53, i};
        port.addresses = {*IpPrefix::parse("10.1.0.1" + std::to_string(i) + "/24")};
        items.ports.push_back(port);
    }
    return items;
}

struct Row {
    std::string name;
    std::function<void(OverlayItems &)> spoil;
    std::string error;
};
class CheckOverlay : public testing::TestWithParam<Row> {};

TEST_P(CheckOverlay, names_what_does_not_hold) {
    OverlayItems items = good_items();
    ASSERT_TRUE(check_overlay(items).ok()) << check_overlay(items).error().message();
    GetParam().spoil(items);
    const Status checked = check_overlay(items);
    ASSERT_FALSE(checked.ok());
    EXPECT_EQ(checked.error().code(), ErrorCode::kInvalid);
    EXPECT_EQ(checked.error().message().rfind(GetParam().error, 0), 0U)
        << checked.error().message();
}

INSTANTIATE_TEST_SUITE_P(
    All, CheckOverlay,
    testing::Values(
        Row{"same_vni", [](OverlayItems &i) { i.networks[1].vni = Vni(100); },
            "network blue: network.vni: expected a VNI of its own, found 100 (also at network "
            "red)"},
        Row{"subnet_in_pool",
            [](OverlayItems &i) { i.networks[1].subnets = {*IpPrefix::parse("100.65.0.0/16")}; },
            "network blue: network.subnets: expected a subnet apart from overlay.vtep_pool"},
        Row{"not_a_member", [](OverlayItems &i) { i.networks[0].members.clear(); },
            "port p1: port.network: expected a network that this node is a member of, found "
            "\"red\"; add \"storage1\" to its members (network red)"},
        Row{"same_mac", [](OverlayItems &i) { i.ports[1].mac = i.ports[0].mac; },
            "port p2: port.mac: expected a MAC address of its own in the network, found "
            "02:00:5e:00:53:01 (also at port p1)"},
        Row{"address_outside",
            [](OverlayItems &i) { i.ports[1].addresses = {*IpPrefix::parse("10.9.0.1/24")}; },
            "port p2: port.addresses: expected an address in a subnet of network \"red\""},
        Row{"overlapping_host_networks",
            [](OverlayItems &i) {
                i.networks[1].subnets = i.networks[0].subnets;
                i.ports[1].vni = Vni(200);
            },
            "port p2: port.network: expected host ports in networks with subnets apart"}),
    [](const auto &row) { return row.param.name; });

} // namespace
} // namespace coax
