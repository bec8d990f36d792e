// SPDX-License-Identifier: Apache-2.0
#include "lib/config/additions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/config/config.h"
#include "unit/config/good_config.h"

namespace coax {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

DesiredStatePtr base() {
    auto state = parse_config(good_config(), "coax.toml");
    EXPECT_TRUE(state.ok());
    return *state;
}

Peer peer(std::uint32_t id, const std::string &name, std::uint8_t key) {
    Peer made;
    made.id = NodeId(id);
    made.name = name;
    made.keys = {PublicKey{{key}}};
    return made;
}

Network network(std::uint32_t vni, const std::string &name, const std::string &subnet) {
    Network made;
    made.vni = Vni(vni);
    made.name = name;
    made.subnets = {*IpPrefix::parse(subnet)};
    made.all_nodes = true;
    return made;
}

Additions::NamedPort port(const std::string &name, const std::string &network,
                          const std::string &address) {
    Additions::NamedPort made;
    made.port.name = name;
    made.port.ifname = name;
    made.port.addresses = {*IpPrefix::parse(address)};
    made.network = network;
    return made;
}

std::vector<std::string> names(const WithAdditions &merged) {
    std::vector<std::string> out;
    for (const LeftOut &left : merged.left_out)
        out.push_back(left.name);
    return out;
}

TEST(Additions, of_nothing_leave_the_file_as_it_is) {
    const auto file = base();
    const WithAdditions merged = with_additions(*file, {});
    EXPECT_TRUE(merged.left_out.empty());
    EXPECT_EQ(merged.state->peers, file->peers);
    EXPECT_EQ(merged.state->networks, file->networks);
    EXPECT_EQ(merged.state->ports, file->ports);
    EXPECT_EQ(merged.state->endpoints, file->endpoints);
}

TEST(Additions, that_fit_are_all_in) {
    Additions more;
    more.peers = {peer(17, "storage17", 17)};
    more.networks = {network(300, "green", "10.3.0.0/24")};
    more.ports = {port("green0", "green", "10.3.0.1/24"), port("red0", "red", "10.1.0.77/24")};
    more.endpoints = {{"green", *MacAddress::parse("02:00:5e:00:53:99"), NodeId(17)}};
    const WithAdditions merged = with_additions(*base(), more);
    EXPECT_THAT(names(merged), ElementsAre());
    EXPECT_EQ(merged.state->peers.size(), 3U);
    EXPECT_EQ(merged.state->networks.at(Vni(300)).members,
              (std::set{NodeId(1), NodeId(2), NodeId(3), NodeId(17)}));
    EXPECT_EQ(merged.state->ports.at("green0").vni, Vni(300));
    EXPECT_FALSE(merged.state->ports.at("green0").mac.is_zero());
    EXPECT_EQ(merged.state->ports.at("red0").vni, Vni(100));
    EXPECT_EQ(merged.state->endpoints.size(), base()->endpoints.size() + 1);
}

TEST(Additions, lose_against_the_file_and_say_against_what) {
    Additions more;
    more.peers = {peer(2, "storage2", 17), peer(18, "beta", 18), peer(19, "storage19", 19)};
    more.networks = {network(100, "green", "10.3.0.0/24"), network(301, "red", "10.3.0.0/24")};
    more.ports = {port("blue-host", "blue", "10.2.0.8/24"), port("lost", "green", "10.3.0.1/24")};
    const WithAdditions merged = with_additions(*base(), more);
    EXPECT_THAT(names(merged), testing::UnorderedElementsAre("storage2", "beta", "green", "red",
                                                             "blue-host", "lost"));
    for (const LeftOut &left : merged.left_out) {
        if (left.name == "storage2") {
            EXPECT_THAT(left.text, HasSubstr("(also at peer beta)"));
        }
    }
    EXPECT_EQ(merged.state->peers.size(), 3U);
    EXPECT_TRUE(merged.state->peers.contains(NodeId(19)));
    EXPECT_EQ(merged.state->networks.size(), base()->networks.size());
    EXPECT_EQ(merged.state->ports, base()->ports);
}

TEST(Additions, may_have_the_endpoint_of_another_peer) {
    Additions more;
    more.peers = {peer(17, "storage17", 17)};
    more.peers[0].endpoint = base()->peers.at(NodeId(2)).endpoint;
    EXPECT_TRUE(with_additions(*base(), more).left_out.empty());
}

TEST(Additions, keep_their_peers_whatever_else_is_wrong) {
    Additions more;
    for (std::uint32_t id = 100; id < 200; ++id) {
        more.peers.push_back(
            peer(id, "storage" + std::to_string(id), static_cast<std::uint8_t>(id)));
        more.networks.push_back(network(500, "same", "10.9.0.0/24"));
        more.ports.push_back(port("same", "same", "10.9.0.0/24"));
        more.endpoints.push_back({"same", MacAddress{{2, 1}}, NodeId(id)});
    }
    const WithAdditions merged = with_additions(*base(), more);
    EXPECT_EQ(merged.state->peers.size(), 102U);
    EXPECT_EQ(merged.state->networks.size(), 3U); // the first of the equal ones
}

TEST(Additions, of_all_nodes_grow_networks_of_the_file_that_are_for_all) {
    const auto file = parse_config("node = {id = 1, name = \"a\"}\nunderlay.uplinks = [\"eth0\"]\n"
                                   "[[network]]\nname = \"n\"\nvni = 5\n",
                                   "coax.toml");
    ASSERT_TRUE(file.ok());
    Additions more;
    more.peers = {peer(17, "storage17", 17)};
    const WithAdditions merged = with_additions(**file, more);
    EXPECT_EQ(merged.state->networks.at(Vni(5)).members, (std::set{NodeId(1), NodeId(17)}));
}

} // namespace
} // namespace coax
