// SPDX-License-Identifier: Apache-2.0
// What is wrong with one table or one value by itself.
#include <gtest/gtest.h>

#include "lib/config/config.h"
#include "unit/config/good_config.h"

namespace coax {
namespace {

class BadShape : public testing::TestWithParam<BadRow> {};
TEST_P(BadShape, is_refused_by_file_line_and_key) {
    expect_refused(GetParam());
}

std::string row_name(const testing::TestParamInfo<BadRow> &row) {
    return row.param.name;
}

INSTANTIATE_TEST_SUITE_P(
    Structure, BadShape,
    testing::Values(
        BadRow{"syntax", 5, "uplinks = [\"eth0\"", "7: expected TOML, found a syntax error: "},
        BadRow{"same_key_twice", 2, "id = 1\nid = 2", "3: expected TOML, found a syntax error: "},
        BadRow{"not_utf8", 3, "name = \"\xff\"", "3: expected TOML, found a syntax error: "},
        BadRow{"key_of_many_parts", 6, "a.b.c.d.e.f.g.h.i = 1",
               "6: expected keys of at most 8 parts, found a longer one; "},
        BadRow{"unknown_table", 4, "[underlai]",
               "4: underlai: expected a known table, found an unknown one; did you mean underlay?"},
        BadRow{"unknown_table_like_none", 6, "[colours]",
               "6: colours: expected a known table, found an unknown one; `coaxd --help-config`"},
        BadRow{"unknown_key", 5, "uplink = [\"eth0\"]",
               "5: underlay.uplink: expected an option of [underlay], found an unknown key; did "
               "you mean uplinks?"},
        BadRow{"unknown_key_like_none", 10, "colour = 1",
               "10: peer.colour: expected an option of [peer], found an unknown key; `coaxd "},
        BadRow{"control_character_in_key", 10, R"("a\nb" = 1)",
               R"(10: peer."a\nb": expected an option of [peer], found an unknown key; )"},
        BadRow{"key_outside_of_tables", 1, "id = 1\n[node]",
               "1: id: expected a known table, found an unknown one; "},
        BadRow{"table_written_as_list", 1, "[[node]]",
               "1: node: expected one table, found a list; write [node] once"},
        BadRow{"list_written_as_table", 42, "[endpoint]",
               "42: endpoint: expected a list of tables, found a table; write [[endpoint]]"},
        BadRow{"value_for_a_table", 1, "agent = 5\n[node]",
               "1: agent: expected one table, found 5; write [agent] once"}),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    Missing, BadShape,
    testing::Values(
        BadRow{"node_id", 2, "",
               "1: node.id: expected an integer 1..16777215, found nothing; add for example id = "
               "1"},
        BadRow{"node_name", 3, "", "1: node.name: expected 1..63 of a-z 0-9 - ., "},
        BadRow{
            "uplinks", 5, "",
            "4: underlay.uplinks: expected a list of 1..8 elements, each an interface name of "
            "1..15 characters without / : %, found nothing; add for example uplinks = [\"eth0\"]"},
        BadRow{"peer_id", 8, "", "7: peer.id: expected an integer 1..16777215, found nothing"},
        BadRow{"peer_name", 9, "", "7: peer.name: expected 1..63 of a-z"},
        BadRow{"peer_keys", 11, "",
               "7: peer.keys: expected a list of 1..8 elements, each a public key"},
        BadRow{"network_name", 18, "", "17: network.name: expected 1..32 of a-z"},
        BadRow{"network_vni", 19, "", "17: network.vni: expected an integer 1..16777215, found n"},
        BadRow{"port_name", 27, "", "26: port.name: expected 1..32 of a-z"},
        BadRow{"port_network", 28, "", "26: port.network: expected 1..32 of a-z"},
        BadRow{"port_ifname", 31, "", "26: port.ifname: expected an interface name"},
        BadRow{"endpoint_network", 43, "", "42: endpoint.network: expected 1..32 of a-z"},
        BadRow{"endpoint_mac", 44, "", "42: endpoint.mac: expected a unicast MAC address"},
        BadRow{"endpoint_node", 45, "", "42: endpoint.node: expected 1..63 of a-z"}),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    Type, BadShape,
    testing::Values(
        BadRow{"text_for_integer", 2, R"(id = "1")",
               "2: node.id: expected an integer 1..16777215, found \"1\"; write for example id = "
               "1"},
        BadRow{"float_for_integer", 2, "id = 1.5",
               "2: node.id: expected an integer 1..16777215, found 1.5; "},
        BadRow{"date_for_integer", 2, "id = 2026-01-01",
               "2: node.id: expected an integer 1..16777215, found a date or time; "},
        BadRow{"integer_for_text", 3, "name = 5",
               "3: node.name: expected 1..63 of a-z 0-9 - ., first a letter or digit, found 5; "},
        BadRow{"text_for_list", 5, R"(uplinks = "eth0")",
               "5: underlay.uplinks: expected a list of 1..8 elements, each an interface name"},
        BadRow{"text_for_boolean", 34, R"(guard_ips = "yes")",
               "34: port.guard_ips: expected true or false, found \"yes\"; write for example "
               "guard_ips = false"},
        BadRow{"integer_in_list", 20, "subnets = [\n\"10.1.0.0/24\",\n24]",
               "22: network.subnets: expected an address with prefix length such as 192.0.2.0/24, "
               "found 24; "},
        BadRow{"table_for_text", 3, "name = {a = 1}",
               "3: node.name: expected 1..63 of a-z 0-9 - ., first a letter or digit, found a "
               "table; "}),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    Range, BadShape,
    testing::Values(
        BadRow{"node_id_zero", 2, "id = 0",
               "2: node.id: expected an integer 1..16777215, found 0; "},
        BadRow{"node_id_too_big", 2, "id = 16777216",
               "2: node.id: expected an integer 1..16777215, found 16777216; "},
        BadRow{"node_id_negative", 2, "id = -1", "2: node.id: expected an integer 1..16777215"},
        BadRow{"vni_zero", 19, "vni = 0",
               "19: network.vni: expected an integer 1..16777215, found 0; "},
        BadRow{"vni_too_big", 19, "vni = 16777216",
               "19: network.vni: expected an integer 1..16777215, found 16777216; "},
        BadRow{"vni_beyond_32_bits", 19, "vni = 4294967396",
               "19: network.vni: expected an integer 1..16777215, found 4294967396; "},
        BadRow{"no_uplink", 5, "uplinks = []",
               "5: underlay.uplinks: expected a list of 1..8 elements, each an interface name of "
               "1..15 "
               "characters without / : %, found 0 elements; "},
        BadRow{"nine_uplinks", 5, R"(uplinks = ["a","b","c","d","e","f","g","h","i"])",
               "5: underlay.uplinks: expected a list of 1..8 elements, each"},
        BadRow{"nine_keys", 11, "keys = [1,2,3,4,5,6,7,8,9]",
               "11: peer.keys: expected a list of 1..8 elements, each a public key"},
        BadRow{"no_key", 11, "keys = []", "11: peer.keys: expected a list of 1..8 elements, each"},
        BadRow{"lanes_zero", 6, "[wireguard]\nlanes = 0",
               "7: wireguard.lanes: expected an integer 1..8, found 0; write for example lanes = "
               "1"},
        BadRow{"lanes_nine", 6, "[wireguard]\nlanes = 9",
               "7: wireguard.lanes: expected an integer 1..8, found 9; "},
        BadRow{"listen_port_zero", 6, "listen_port = 0",
               "6: underlay.listen_port: expected an integer 1..65535, found 0; "},
        BadRow{"underlay_mtu_too_small", 6, "mtu = 575",
               "6: underlay.mtu: expected an integer 576..65535, found 575; write for example mtu "
               "= 1500"},
        BadRow{"underlay_mtu_too_big", 6, "mtu = 65536",
               "6: underlay.mtu: expected an integer 576..65535, found 65536; "},
        BadRow{"keepalive_too_long", 10, "keepalive_s = 65536",
               "10: peer.keepalive_s: expected an integer 0..65535, found 65536; "}),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    Text, BadShape,
    testing::Values(
        BadRow{"node_name_upper", 3, R"(name = "Alpha")",
               "3: node.name: expected 1..63 of a-z 0-9 - ., first a letter or digit, found "
               "\"Alpha\"; write for example name = \"alpha\""},
        BadRow{"node_name_empty", 3, R"(name = "")", "3: node.name: expected 1..63 of"},
        BadRow{"instance_nine_letters", 3, "name = \"alpha\"\ninstance = \"abcdefghi\"",
               "4: node.instance: expected 1..8 of a-z 0-9, first a letter, found \"abcdefghi\"; "},
        BadRow{"instance_digit_first", 3, "name = \"alpha\"\ninstance = \"1a\"",
               "4: node.instance: expected 1..8 of a-z 0-9, first a letter, found \"1a\"; "},
        BadRow{"instance_slash", 3, "name = \"alpha\"\ninstance = \"a/b\"",
               "4: node.instance: expected 1..8 of a-z 0-9, first a letter, found \"a/b\"; "},
        BadRow{"uplink_too_long", 5, R"(uplinks = ["eth0", "abcdefghijklmnop"])",
               "5: underlay.uplinks: expected an interface name of 1..15 characters without / : "
               "%, found \"abcdefghijklmnop\"; "},
        BadRow{"uplink_slash", 5, R"(uplinks = ["a/b"])", "5: underlay.uplinks: expected an int"},
        BadRow{"uplink_space", 5, R"(uplinks = ["a b"])", "5: underlay.uplinks: expected an int"},
        BadRow{"uplink_dots", 5, R"(uplinks = [".."])", "5: underlay.uplinks: expected an inter"},
        BadRow{"port_ifname_too_long", 31, R"(ifname = "abcdefghijklmnop")",
               "31: port.ifname: expected an interface name of 1..15 characters without / : %, "},
        BadRow{"network_name_too_long", 18, "name = \"" + std::string(33, 'r') + "\"",
               "18: network.name: expected 1..32 of a-z 0-9 -, first a letter or digit, found "},
        BadRow{"netns_relative_path", 30, R"(netns = "a/b")",
               "30: port.netns: expected a name under /run/netns or an absolute path, found "
               "\"a/b\"; "},
        BadRow{"state_dir_relative", 6, "[agent]\nstate_dir = \"coax\"",
               "7: agent.state_dir: expected an absolute path of at most 90 characters, found "},
        BadRow{"log_level", 6, "[agent]\nlog_level = \"loud\"",
               "7: agent.log_level: expected debug, info, warn or error, found \"loud\"; "},
        BadRow{"backend", 6, "[wireguard]\nbackend = \"go\"",
               "7: wireguard.backend: expected one of auto, kernel, userspace, found \"go\"; "},
        BadRow{"xdp", 6, "xdp = \"off\"",
               "6: underlay.xdp: expected one of auto, native, generic, found \"off\"; "},
        BadRow{"flood", 19, "vni = 100\nflood = \"all\"",
               "20: network.flood: expected one of replicate, none, found \"all\"; "},
        BadRow{"kind", 29, R"(kind = "tap")",
               "29: port.kind: expected one of host, netns, found \"tap\"; write for example kind "
               "= \"host\""}),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    Address, BadShape,
    testing::Values(
        BadRow{"endpoint_without_port", 10, R"(endpoint = "192.0.2.2")",
               "10: peer.endpoint: expected an address with port such as 192.0.2.1:51820 or "
               "[2001:db8::1]:51820, found \"192.0.2.2\"; write for example endpoint = "
               "\"192.0.2.2:51820\""},
        BadRow{"endpoint_unspecified", 10, R"(endpoint = "0.0.0.0:51820")",
               "10: peer.endpoint: expected an address with port"},
        BadRow{"key_too_short", 11, R"(keys = ["AAAA"])",
               "11: peer.keys: expected a public key of 44 base64 characters, as `coax key` prints "
               "it, found \"AAAA\"; "},
        BadRow{"key_zero", 11, R"(keys = ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="])",
               "11: peer.keys: expected a public key of 44 base64 characters"},
        BadRow{"second_key_of_several_lines", 11,
               "keys = [\n\"VKPwhCFSp0BUk7jIZBuTZRjhcM5uWfbH0VDXKwsrMBg=\",\n\"x\"]",
               "13: peer.keys: expected a public key of 44 base64 characters"},
        BadRow{"subnet_without_length", 20, R"(subnets = ["10.1.0.0"])",
               "20: network.subnets: expected an address with prefix length"},
        BadRow{"mac_multicast", 32, R"(mac = "01:00:5e:00:53:01")",
               "32: port.mac: expected a unicast MAC address such as 02:00:5e:00:53:01, found "
               "\"01:00:5e:00:53:01\"; "},
        BadRow{"mac_zero", 32, R"(mac = "00:00:00:00:00:00")",
               "32: port.mac: expected a unicast MAC address"},
        BadRow{"mac_syntax", 32, R"(mac = "02-00-5e-00-53-01")",
               "32: port.mac: expected a unicast MAC address"},
        BadRow{"more_macs_multicast", 32, R"(more_macs = ["ff:ff:ff:ff:ff:ff"])",
               "32: port.more_macs: expected a unicast MAC address"},
        BadRow{"endpoint_mac_multicast", 44, R"(mac = "33:33:00:00:00:01")",
               "44: endpoint.mac: expected a unicast MAC address"},
        BadRow{"address_of_port", 33, R"(addresses = ["10.1.0.11"])",
               "33: port.addresses: expected an address with prefix length"}),
    row_name);

TEST(BadShape, names_the_problem_nearest_to_the_top) {
    const auto result = parse_config("[node]\nid = 1\nname = \"a\"\n"
                                     "[underlay]\nuplinks = [\"eth0\"]\n"
                                     "[wireguard]\nlanes = 9\n"
                                     "[agent]\nlog_level = \"loud\"\n",
                                     "x");
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().message().substr(0, 21), "x:7: wireguard.lanes:");
}

TEST(BadShape, list_of_numbers_is_no_list_of_tables) {
    const auto result = parse_config("port = [1]\n", "x");
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().message(), "x:1: port: expected a table, found 1; write [[port]]");
}

TEST(BadShape, empty_file_asks_for_this_node) {
    const auto result = parse_config("", "x");
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().message(), "x:1: node.id: expected an integer 1..16777215, found "
                                        "nothing; add for example id = 1");
}

} // namespace
} // namespace coax
