// SPDX-License-Identifier: Apache-2.0
#include "cli/render.h"

#include <algorithm>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "cli/format.h"
#include "unit/cli/messages.h"

namespace coax::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Not;

std::vector<std::string> lines_of(const std::string &text) {
    std::istringstream in(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

std::string without_escapes(std::string text) {
    for (std::size_t at = text.find('\x1b'); at != std::string::npos; at = text.find('\x1b'))
        text.erase(at, text.find('m', at) - at + 1);
    return text;
}

struct Rendering {
    std::string name;
    std::function<std::string(const View &)> render;
};

std::vector<Rendering> worst_cases() {
    static const std::vector<double> kRates = {1e300};
    return {{"status", [](const View &v) { return render_status(test::worst_status(), v); }},
            {"peers", [](const View &v) { return render_peers(test::worst_peers(), v); }},
            {"ports", [](const View &v) { return render_ports(test::worst_ports(), v); }},
            {"fdb", [](const View &v) { return render_fdb(test::worst_fdb(), v); }},
            {"drops", [](const View &v) { return render_drops(test::worst_drops(), &kRates, v); }},
            {"keys", [](const View &v) {
                 api::Keys keys = test::small_keys();
                 keys.clear_peer_stanza(); // pasted as it is, never shortened
                 return render_keys(keys, v);
             }}};
}

TEST(Render, fits_eighty_columns_with_the_longest_values) {
    for (const Rendering &rendering : worst_cases()) {
        for (const std::string &line : lines_of(rendering.render(View{})))
            EXPECT_THAT(display_width(line), Le(kDefaultWidth)) << rendering.name << ": " << line;
    }
}

TEST(Render, colour_changes_nothing_but_colour) {
    for (const Rendering &rendering : worst_cases()) {
        const std::string plain = rendering.render(View{});
        const std::string coloured = rendering.render(View{.color = true});
        EXPECT_THAT(plain, Not(HasSubstr("\x1b"))) << rendering.name;
        EXPECT_THAT(coloured, HasSubstr("\x1b[")) << rendering.name;
        EXPECT_EQ(without_escapes(coloured), plain) << rendering.name;
    }
}

TEST(Render, wide_shortens_nothing) {
    for (const Rendering &rendering : worst_cases())
        EXPECT_THAT(rendering.render(View{.wide = true}), Not(HasSubstr("…"))) << rendering.name;
}

TEST(RenderStatus, golden) {
    EXPECT_EQ(render_status(test::small_status(), View{}),
              R"(node        alpha (id 1)  instance coax  VTEP 100.64.0.1
agent       coaxd 0.1.0 (ABI 1)  up 3h12m  /etc/coax/coax.toml
reconciled  2s ago  0 changes made
backend     kernel
uplink      eth0  up  MTU 1500  XDP native (dispatcher)
lanes       2: coax-wg0..coax-wg1  UDP 51820-51821  MTU 1440  threaded NAPI on
networks    red  VNI 100  MTU 1390  flood  3 members  1 port  5 learned
            blue  VNI 200  MTU 1390  flood  3 members  1 port  5 learned
peers       2 up  1 stale  0 never
FDB         12 of 1048576 entries
drops       15  see coax drops
                    12  clear_vxlan  at xdp_uplink
                     3  spoofed_mac  at tc_port
clear text  12 frames stopped on uplinks
degraded    nothing
last error  none
)");
}

TEST(RenderStatus, says_what_is_degraded_and_what_to_do) {
    EXPECT_EQ(render_status(test::degraded_status(), View{}),
              R"(node        alpha (id 1)  instance coax  VTEP 100.64.0.1
agent       coaxd 0.1.0 (ABI 1)  up 3h12m  /etc/coax/coax.toml
reconciled  2s ago  0 changes made
backend     kernel
uplink      eth0  up  MTU 1500  XDP generic (alone)
lanes       2: coax-wg0..coax-wg1  UDP 51820-51821  MTU 1440  threaded NAPI on
networks    red  VNI 100  MTU 1390  flood  3 members  1 port  5 learned
            blue  VNI 200  MTU 1390  flood  3 members  1 port  5 learned
peers       2 up  1 stale  0 never
FDB         12 of 1048576 entries
drops       15  see coax drops
                    12  clear_vxlan  at xdp_uplink
                     3  spoofed_mac  at tc_port
clear text  12 frames stopped on uplinks
degraded    xdp.generic: the driver of eth0 has no native XDP: packets are
            filtered later and slower; use another NIC or driver, or set xdp =
            "generic"
last error  /etc/coax/coax.toml:12: network.vni: expected 1..16777215, found 0
)");
}

TEST(RenderStatus, golden_wide) {
    EXPECT_EQ(render_status(test::small_status(), View{.wide = true}),
              R"(node        alpha (id 1)  instance coax  VTEP 100.64.0.1
agent       coaxd 0.1.0 (ABI 1)  up 3h12m  /etc/coax/coax.toml
reconciled  2s ago  0 changes made
backend     kernel
uplink      eth0  up  MTU 1500  XDP native (dispatcher)
lane 0      coax-wg0  UDP 51820  MTU 1440  threaded NAPI on  aGVsbG8gd29ybGQgaGVsbG8gd29ybGQgaGVsbG8gd28=
lane 1      coax-wg1  UDP 51821  MTU 1440  threaded NAPI on  aGVsbG8gd29ybGQgaGVsbG8gd29ybGQgaGVsbG8gd28=
networks    red  VNI 100  MTU 1390  flood  3 members  1 port  5 learned  10.1.0.0/24
            blue  VNI 200  MTU 1390  flood  3 members  1 port  5 learned  10.1.0.0/24
peers       2 up  1 stale  0 never
FDB         12 of 1048576 entries
drops       15  see coax drops
                    12  clear_vxlan  at xdp_uplink
                     3  spoofed_mac  at tc_port
clear text  12 frames stopped on uplinks
counters          1234  96.4 KiB  encap             frames encapsulated towards a remote node
degraded    nothing
last error  none
)");
}

TEST(RenderStatus, of_a_small_node_fits_a_screen) {
    EXPECT_THAT(lines_of(render_status(test::degraded_status(), View{})).size(), Le(24U));
}

TEST(RenderPeers, golden) {
    EXPECT_EQ(render_peers(test::small_peers(), View{}),
              R"(PEER   VTEP        STATE  ENDPOINT             HANDSHAKE        RX       TX
beta   100.64.0.2  up     192.0.2.2:51820      1m12s ago  1.50 KiB  117 MiB
gamma  100.64.0.3  stale  [2001:db8::3]:51820  1h06m ago  1.50 KiB  117 MiB
delta  100.64.0.4  never  -                        never       0 B      0 B
)");
}

TEST(RenderPeers, golden_wide) {
    EXPECT_EQ(
        render_peers(test::small_peers(), View{.wide = true}),
        R"(PEER   ID  VTEP        STATE  HEARD   ENDPOINT             LANES  HANDSHAKE    LAST RX  ROUND TRIP        RX       TX  RX FRAMES  TX FRAMES  PUBLIC KEYS
beta    2  100.64.0.2  up     alive   192.0.2.2:51820          2  1m12s ago  120ms ago     1.234ms  1.50 KiB  117 MiB         10      90000  aGVsbG8gd29ybGQgaGVsbG8gd29ybGQgaGVsbG8gd28=
gamma   3  100.64.0.3  stale  silent  [2001:db8::3]:51820      2  1h06m ago  120ms ago     1.234ms  1.50 KiB  117 MiB         10      90000  aGVsbG8gd29ybGQgaGVsbG8gd29ybGQgaGVsbG8gd28=
delta   4  100.64.0.4  never  dead    -                        0      never      never           -       0 B      0 B          0          0
)");
}

TEST(RenderPorts, golden) {
    EXPECT_EQ(render_ports(test::small_ports(), View{}),
              R"(PORT      NETWORK  INTERFACE  ADDRESS          STATE       RX        TX
red-c1    red      c1/eth0    10.1.0.11/24 +1  up       700 B  8.00 KiB
red-host  red      red0       -                missing    0 B       0 B
blue-c2   red      red0       -                error      0 B       0 B
blue-c2: error: network namespace c2: /run/netns/c2 does not exist; make it
with: ip netns add c2
)");
}

TEST(RenderFdb, golden) {
    EXPECT_EQ(render_fdb(test::small_fdb(), View{}),
              R"(NETWORK  VNI  MAC                WHERE   TYPE        AGE
red      100  02:00:00:00:01:0b  red-c1  port          -
red      100  02:00:00:00:02:0b  beta    static        -
red      100  02:00:00:00:03:0b  gamma   learned  5s ago
)");
}

TEST(RenderFdb, says_when_there_is_more) {
    api::Fdb fdb = test::small_fdb();
    fdb.set_truncated(true);
    fdb.set_total(10);
    EXPECT_THAT(render_fdb(fdb, View{}), HasSubstr("3 of 10 entries; more with --limit\n"));
}

TEST(RenderDrops, golden) {
    EXPECT_EQ(render_drops(test::small_drops(), nullptr, View{}),
              R"(HOOK        REASON       PACKETS     BYTES
xdp_uplink  clear_vxlan       12  1.17 KiB
tc_port     spoofed_mac        3     300 B
tc_uplink   clear_vxlan        1     100 B

clear_vxlan  what clear_vxlan means, said in a sentence that is longer than a
             line of eighty columns, and what to do about it
spoofed_mac  what spoofed_mac means, said in a sentence that is longer than a
             line of eighty columns, and what to do about it
)");
}

TEST(RenderDrops, golden_with_rates) {
    const std::vector<double> rates = {0, 2.5, 1000};
    EXPECT_EQ(render_drops(test::small_drops(), &rates, View{}),
              R"(HOOK        REASON       PACKETS     BYTES     RATE
xdp_uplink  clear_vxlan       12  1.17 KiB   2.50/s
tc_port     spoofed_mac        3     300 B      0/s
tc_uplink   clear_vxlan        1     100 B  1.00k/s

clear_vxlan  what clear_vxlan means, said in a sentence that is longer than a
             line of eighty columns, and what to do about it
spoofed_mac  what spoofed_mac means, said in a sentence that is longer than a
             line of eighty columns, and what to do about it
)");
}

TEST(RenderDrops, has_no_rates_in_the_first_round) {
    const std::vector<double> none;
    EXPECT_THAT(render_drops(test::small_drops(), &none, View{}),
                AllOf(HasSubstr("RATE"), HasSubstr(" -\n")));
}

TEST(RenderKeys, golden) {
    EXPECT_EQ(render_keys(test::small_keys(), View{}), R"(LANE  UDP PORT  PUBLIC KEY
   0     51820  aGVsbG8gd29ybGQgaGVsbG8gd29ybGQgaGVsbG8gd28=
   1     51821  aGVsbG8gd29ybGQgaGVsbG8gd29ybGQgaGVsbG8gd28=

For the other nodes' configuration (coax key --stanza):

[[peer]]
id = 1
name = "alpha"
keys = ["aGVsbG8gd29ybGQgaGVsbG8gd29ybGQgaGVsbG8gd28="]
)");
}

TEST(RenderKeys, change_shows_both_sets_and_who_is_waited_for) {
    api::Keys keys = test::small_keys();
    keys.clear_peer_stanza();
    api::Key &next = *keys.add_next_keys();
    next.set_public_key("bmV4dA==");
    next.set_listen_port(51828);
    keys.set_since(1795305600);
    EXPECT_THAT(
        render_keys(keys, View{}),
        AllOf(HasSubstr("PUBLIC KEY                                    USE\n"),
              HasSubstr("aGVsbG8gd29ybGQgaGVsbG8gd29ybGQgaGVsbG8gd28=  now\n"),
              HasSubstr("   0     51828  bmV4dA==                                      next\n"),
              HasSubstr("change since 2026-11-22T"), HasSubstr("go within seconds")));
    for (int i = 0; i < 12; ++i) {
        api::KeyWait &wait = *keys.add_waits();
        wait.set_peer("node" + std::to_string(i));
        wait.set_why("it is dead");
    }
    EXPECT_THAT(render_keys(keys, View{}),
                AllOf(HasSubstr("the old ones are kept for 12 peers:\n"),
                      HasSubstr("  node9: it is dead\n  and 2 more (--json)\n")));
}

TEST(Render, says_in_words_that_there_is_nothing) {
    EXPECT_THAT(render_peers({}, View{}), HasSubstr("no peers"));
    EXPECT_THAT(render_ports({}, View{}), HasSubstr("no ports"));
    EXPECT_EQ(render_fdb({}, View{}), "no entries\n");
    EXPECT_EQ(render_drops({}, nullptr, View{}), "no drops\n");
    EXPECT_THAT(render_status({}, View{}), HasSubstr("peers       none\n"));
}

TEST(DropRates, counts_per_second_and_survives_a_reset) {
    const api::Drops before = test::small_drops();
    api::Drops now = test::small_drops();
    now.mutable_drops(0)->set_packets(13); // was 3
    now.mutable_drops(1)->set_packets(4);  // was 12: the data path was loaded anew
    now.mutable_drops(2)->set_reason("new");
    EXPECT_THAT(drop_rates(before, now, 2.0), ElementsAre(5.0, 2.0, 0.5));
    EXPECT_THAT(drop_rates(before, now, 0.0), ElementsAre(0.0, 0.0, 0.0));
}

TEST(IsDegraded, knows_what_to_look_at) {
    EXPECT_FALSE(is_degraded(test::small_status()));
    EXPECT_TRUE(is_degraded(test::degraded_status()));
    api::Status uplink_down = test::small_status();
    uplink_down.mutable_uplinks(0)->set_up(false);
    EXPECT_TRUE(is_degraded(uplink_down));
    EXPECT_TRUE(is_degraded(test::small_peers()));
    EXPECT_FALSE(is_degraded(api::Peers()));
}

} // namespace
} // namespace coax::cli
