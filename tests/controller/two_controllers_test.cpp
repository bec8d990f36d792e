// SPDX-License-Identifier: Apache-2.0
// Two controllers, as they are installed, on one cluster of etcd; agents with the real client, real
// keys and certificates.
#include <csignal>
#include <fstream>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/tls_identity.h"
#include "harness/child_process.h"
#include "harness/etcd_cluster.h"
#include "harness/poll_until.h"
#include "harness/scratch_folder.h"
#include "lib/base/file.h"
#include "lib/control/hello.h"
#include "lib/trust/binding.h"
#include "lib/trust/ssh_certificate.h"
#include "lib/trust/ssh_private_key.h"
#include "unit/controller/fake_agents.h"

namespace coax::controller {
namespace {

using coax::test::ChildProcess;
using coax::test::EtcdCluster;
using coax::test::poll_until;
using coax::test::run_program;
using coax::test::ScratchFolder;
using std::chrono::hours;
using std::chrono::seconds;
using test::AgentVoice;
using test::FakeAgents;
using testing::IsEmpty;

constexpr std::uint32_t kAgents = 20;
constexpr int kAnnouncements = 10;
constexpr std::uint32_t kPool = 0x64400000; // 100.64.0.0

UnixTime now() {
    return std::chrono::time_point_cast<UnixTime::duration>(std::chrono::system_clock::now());
}

template <typename T>
T must(Result<T> result) {
    EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().message());
    return std::move(result).value();
}

/// A node with an identity, certified by the CA.
class CertifiedVoice final : public AgentVoice {
  public:
    CertifiedVoice(std::string name, std::uint32_t id, SshPrivateKey &ca, std::string tls)
        : name_(std::move(name)),
          id_(id),
          tls_(std::move(tls)),
          identity_(must(SshPrivateKey::generate())),
          certificate_(must(make_certificate({.key = identity_.public_key(),
                                              .key_id = name_,
                                              .principals = {name_},
                                              .valid_after = now() - hours(1),
                                              .valid_before = now() + hours(24)},
                                             ca))
                           .blob) {}

    Result<v1::Hello> hello(const v1::Challenge &challenge) override {
        const ChallengeFacts facts{challenge.network_id(), challenge.nonce(), tls_};
        v1::Hello hello;
        hello.set_protocol(kControlProtocol);
        hello.set_name(name_);
        hello.set_node_id(id_);
        const auto &key = identity_.public_key().bytes;
        hello.set_public_key(std::string(key.begin(), key.end()));
        hello.set_certificate(certificate_);
        COAX_ASSIGN_OR_RETURN(*hello.mutable_proof(),
                              prove(facts, name_, kHelloNamespace, identity_));
        return hello;
    }
    std::string binding(const v1::Welcome &welcome, int count) override {
        PublicKey lane;
        lane.bytes.fill(static_cast<std::uint8_t>(id_));
        Binding binding;
        binding.network_id = welcome.network_id();
        binding.node = NodeId(welcome.node_id());
        binding.name = name_;
        binding.vtep = IpAddress::v4(kPool + welcome.node_id());
        binding.lane_keys = {lane};
        binding.epoch = static_cast<std::uint64_t>(count);
        binding.not_before = now() - hours(1);
        binding.expires = now() + hours(24);
        return must(sign_binding(binding, identity_));
    }

  private:
    std::string name_;
    std::uint32_t id_;
    std::string tls_;
    SshPrivateKey identity_;
    std::string certificate_;
};

class TwoControllersTest : public testing::Test {
  protected:
    TwoControllersTest() {
        run_program({"ip", "link", "set", "lo", "up"}); // of the namespace of the cluster
        write(folder_.path() / "ca.pub", ca_.public_key().to_line("ca"));
        make("one", 9787);
        make("two", 9797);
    }

    static void write(const std::filesystem::path &file, const std::string &text) {
        ASSERT_TRUE(write_file_atomically(file, text, 0600).ok());
    }
    std::filesystem::path home(const std::string &name) const { return folder_.path() / name; }

    /// As the page for operators says: the identity is copied, then init keeps it.
    void make(const std::string &name, int port) {
        std::filesystem::create_directory(home(name));
        if (name != "one")
            for (const char *file : {kTlsKeyFile, kTlsCertificateFile})
                std::filesystem::copy_file(home("one") / file, home(name) / file);
        run_program({COAX_CONTROLLER, "init", "--dir", home(name).string(), "--network-id",
                     "storage", "--ca", (folder_.path() / "ca.pub").string()});
        std::string endpoints;
        for (const std::string &endpoint : cluster_.endpoints())
            endpoints += (endpoints.empty() ? "\"" : ", \"") + endpoint + "\"";
        write(home(name) / "controller.toml",
              "[controller]\nnetwork_id = \"storage\"\nname = \"" + name +
                  "\"\nlisten = [\"127.0.0.1:" + std::to_string(port) + "\"]\nrun_dir = \"" +
                  (home(name) / "run").string() +
                  "\"\nlease_seconds = 6\nalive_seconds = 1\nrequire_token = false\n[store]\n"
                  "kind = \"etcd\"\nendpoints = [" +
                  endpoints + "]\nca_file = \"" + cluster_.file("ca.crt").string() +
                  "\"\ncertificate_file = \"" + cluster_.file("client.crt").string() +
                  "\"\nkey_file = \"" + cluster_.file("client.key").string() + "\"\nusername = \"" +
                  EtcdCluster::kUser + "\"\npassword_file = \"" +
                  cluster_.file("password").string() +
                  "\"\n[metrics]\nlisten = \"\"\n[limits]\nmessage_burst = 1000\n");
    }
    std::unique_ptr<ChildProcess> start(const std::string &name) {
        return std::make_unique<ChildProcess>(
            std::vector<std::string>{COAX_CONTROLLER, "run", "--dir", home(name).string()},
            coax::test::ProcessPlace{-1, folder_.path() / (name + ".log")});
    }
    std::string logs() const {
        std::string all;
        for (const char *name : {"one.log", "two.log"})
            all += must(read_file(folder_.path() / name, 1U << 24U));
        return all;
    }

    /// Epoch of what `at` knows of each node, in their order.
    static std::vector<std::uint64_t> epochs(const FakeAgents &agents, const std::string &at) {
        std::vector<std::uint64_t> all;
        for (const auto &[id, node] : agents.seen(at).mirror.nodes)
            all.push_back(must(open_binding(node.binding())).binding.epoch);
        return all;
    }
    static std::string name(std::uint32_t id) { return "node" + std::to_string(id); }

    EtcdCluster cluster_;
    ScratchFolder folder_;
    SshPrivateKey ca_ = must(SshPrivateKey::generate());
};

TEST_F(TwoControllersTest, one_is_killed_under_load_and_no_change_is_lost) {
    std::unique_ptr<ChildProcess> one = start("one");
    std::unique_ptr<ChildProcess> two = start("two");
    const SystemClock clock;
    const TlsIdentity identity = must(load_tls_identity(home("one"), clock));
    FakeAgents agents;
    for (std::uint32_t id = 1; id <= kAgents; ++id)
        agents.add(name(id), {"127.0.0.1:9787", "127.0.0.1:9797"}, identity.certificate_der,
                   std::make_unique<CertifiedVoice>(name(id), id, ca_, identity.certificate_der));
    for (std::uint32_t id = 1; id <= kAgents; ++id)
        ASSERT_TRUE(poll_until([&] { return agents.known(name(id)) == kAgents; }))
            << name(id) << logs();

    for (int round = 0; round < kAnnouncements; ++round) {
        if (round == kAnnouncements / 2)
            one->kill();
        for (std::uint32_t id = 1; id <= kAgents; ++id)
            agents.announce(name(id));
    }
    // Each is with the controller that is left; what it says there is its last word.
    for (std::uint32_t id = 1; id <= kAgents; ++id)
        ASSERT_TRUE(poll_until([&] {
            const auto seen = agents.seen(name(id));
            return seen.state == FleetClient::State::kWelcome &&
                   seen.controller == "127.0.0.1:9797";
        })) << name(id)
            << logs();
    std::vector<std::uint64_t> last;
    for (std::uint32_t id = 1; id <= kAgents; ++id) {
        agents.announce(name(id));
        last.push_back(static_cast<std::uint64_t>(agents.seen(name(id)).announced));
    }
    for (std::uint32_t id = 1; id <= kAgents; ++id)
        ASSERT_TRUE(poll_until([&] { return epochs(agents, name(id)) == last; }))
            << name(id) << logs();
    for (std::uint32_t id = 1; id <= kAgents; ++id)
        EXPECT_THAT(agents.seen(name(id)).ever_gone, IsEmpty()) << name(id);
}

} // namespace
} // namespace coax::controller
