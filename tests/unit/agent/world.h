// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/local_api/view_source.h"
#include "agent/reconciler.h"
#include "harness/fake_clock.h"
#include "harness/fake_datapath.h"
#include "harness/fake_links.h"
#include "harness/fake_wireguard.h"

namespace coax::test {

MacAddress mac(const std::string &text);
IpPrefix prefix(const std::string &text);
SocketAddress socket_address(const std::string &text);
PublicKey key(std::uint8_t fill);

/// Node alpha (id 1) with uplink eth0, peers beta (2) and gamma (3), network red (VNI 100, all three),
/// a netns port red-c1 in namespace c1 and a host port red-h.
DesiredState example_state();

/// A folder that goes with the object.
class TempFolder {
  public:
    TempFolder();
    ~TempFolder();
    TempFolder(const TempFolder &) = delete;
    TempFolder &operator=(const TempFolder &) = delete;
    [[nodiscard]] const std::filesystem::path &path() const { return path_; }

  private:
    std::filesystem::path path_;
};

/// Namespaces in memory; `links` of a name that is not in the map do not exist.
class FakeNamespaces final : public Namespaces {
  public:
    explicit FakeNamespaces(FakeLinks &host) : host_(host) {}
    std::map<std::string, std::unique_ptr<FakeLinks>> all;
    std::string own; // this name is the agent's own namespace

    Result<Namespace> open(const std::string &name_or_path) override;

  private:
    FakeLinks &host_;
};

/// A machine and an agent on it, all in memory but the run and state folders.
struct World {
    World();

    FakeClock clock;
    FakeLinks host;
    FakeNamespaces namespaces{host};
    FakeWireGuard wireguard{&host};
    FakeDatapath datapath;
    TempFolder folder;
    std::vector<std::string> log;
    DesiredState state = example_state();
    Liveness liveness{clock, 1};

    std::unique_ptr<Keyring> keys;
    std::unique_ptr<Memory> memory;
    std::unique_ptr<Reconciler> agent;

    /// A new agent process over the same kernel.
    void restart();
    /// The device is deleted by hand, with what is attached to it.
    void vanish(const std::string &device);
    FakeLinks &c1() { return *namespaces.all.at("c1"); }
    Status run() { return agent->run(state); }
    std::uint32_t changes() { return agent->report().changes; }
    /// As the command and the metrics see it, from /etc/x.toml, after 90 seconds.
    ViewSource view_source(std::string last_error = {});
    /// The clock as the data path's stamps have it.
    std::uint64_t now_ns();
    bool degraded(const std::string &what);
    /// Every device, program and table is as `state` says.
    void expect_complete();
};

} // namespace coax::test
