// SPDX-License-Identifier: Apache-2.0
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/config/config.h"
#include "unit/config/good_config.h"

namespace coax {
namespace {

struct ReloadRow {
    const char *name;
    std::function<void(DesiredState &)> change;
    const char *error; // null: a reload may do it
};
void PrintTo(const ReloadRow &row, std::ostream *out) {
    *out << row.name;
}

class Reload : public testing::TestWithParam<ReloadRow> {};
TEST_P(Reload, changes_only_what_it_can) {
    const auto from = parse_config(good_config(), "coax.toml");
    ASSERT_TRUE(from.ok());
    DesiredState to = **from;
    GetParam().change(to);
    const Status status = check_reloadable(**from, to);
    ASSERT_EQ(status.ok(), GetParam().error == nullptr);
    if (!status.ok()) {
        EXPECT_EQ(status.error().code(), ErrorCode::kInvalid);
        EXPECT_THAT(status.error().message(), testing::StartsWith(GetParam().error));
    }
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Reload,
    testing::Values(
        ReloadRow{"nothing", [](DesiredState &) {}, nullptr},
        ReloadRow{"node_id", [](DesiredState &s) { s.node.id = NodeId(9); },
                  "node.id: expected 1 as it runs, found 9; a reload cannot change it, restart "
                  "coaxd"},
        ReloadRow{"instance", [](DesiredState &s) { s.node.instance = "other"; },
                  "node.instance: expected coax as it runs, found other; "},
        ReloadRow{"pool", [](DesiredState &s) { s.overlay.vtep_pool.length = 11; },
                  "overlay.vtep_pool: expected 100.64.0.0/10 as it runs, found 100.64.0.0/11; "},
        ReloadRow{"fdb_size", [](DesiredState &s) { s.overlay.fdb_entries = 5000; },
                  "overlay.fdb_entries: expected 1048576 as it runs, found 5000; "},
        ReloadRow{"member_size", [](DesiredState &s) { s.overlay.member_entries = 5000; },
                  "overlay.member_entries: expected 262144 as it runs, found 5000; "},
        ReloadRow{"guard_size", [](DesiredState &s) { s.overlay.guard_entries = 5000; },
                  "overlay.guard_entries: expected 65536 as it runs, found 5000; "},
        ReloadRow{"backend", [](DesiredState &s) { s.wireguard.backend = BackendChoice::kKernel; },
                  "wireguard.backend: expected auto as it runs, found kernel; "},
        ReloadRow{"state_dir", [](DesiredState &s) { s.agent.state_dir = "/x"; },
                  "agent.state_dir: expected /var/lib/coax/coax as it runs, found /x; "},
        ReloadRow{"run_dir", [](DesiredState &s) { s.agent.run_dir = "/x"; },
                  "agent.run_dir: expected /run/coax/coax as it runs, found /x; "},
        ReloadRow{"uplinks", [](DesiredState &s) { s.underlay.uplinks = {"eth1"}; }, nullptr},
        ReloadRow{"log_level", [](DesiredState &s) { s.agent.log_level = "debug"; }, nullptr},
        ReloadRow{"peers", [](DesiredState &s) { s.peers.clear(); }, nullptr},
        ReloadRow{"networks_and_ports",
                  [](DesiredState &s) {
                      s.networks.clear();
                      s.ports.clear();
                      s.endpoints.clear();
                  },
                  nullptr}),
    [](const auto &row) { return row.param.name; });

} // namespace
} // namespace coax
