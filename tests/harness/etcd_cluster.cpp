// SPDX-License-Identifier: Apache-2.0
#include "harness/etcd_cluster.h"

#include <csignal>
#include <fstream>
#include <sstream>

#include <sys/mount.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "harness/poll_until.h"

namespace coax::test {
namespace {

constexpr const char *kRootPassword = "root-of-the-test";
const std::string kPeerNet = "192.0.2.1"; // and the number of the member
const std::string kClientNet = "198.51.100.1";

std::string number(std::size_t member) {
    return std::to_string(member + 1);
}

std::vector<std::string> operator+(std::vector<std::string> words,
                                   const std::vector<std::string> &more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

void ip(const std::string &words, int netns_fd = -1) {
    std::istringstream stream("ip " + words);
    std::vector<std::string> arguments;
    for (std::string word; stream >> word;)
        arguments.push_back(word);
    run_program(arguments, netns_fd);
}

} // namespace

EtcdCluster::EtcdCluster() {
    if (::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, "mode=0700") != 0)
        throw std::system_error(errno, std::generic_category(), "mount a tmpfs for etcd");
    make_certificates();
    make_wires();
    for (std::size_t member = 0; member < kMembers; ++member)
        start(member);
    heal();
    set_up_users();
}

void EtcdCluster::make_certificates() {
    const auto make = [&](const std::string &name, const std::vector<std::string> &more) {
        const std::vector<std::string> words = {"openssl",
                                                "req",
                                                "-x509",
                                                "-newkey",
                                                "ec",
                                                "-pkeyopt",
                                                "ec_paramgen_curve:P-256",
                                                "-nodes",
                                                "-days",
                                                "2",
                                                "-subj",
                                                "/CN=" + name,
                                                "-keyout",
                                                file(name + ".key"),
                                                "-out",
                                                file(name + ".crt")};
        run_program(words + more);
    };
    const std::vector<std::string> signed_by_ca = {"-CA",     file("ca.crt"),
                                                   "-CAkey",  file("ca.key"),
                                                   "-addext", "basicConstraints=critical,CA:FALSE"};
    make("ca", {});
    make("other-ca", {});
    std::string names = "subjectAltName=IP:127.0.0.1";
    for (std::size_t member = 0; member < kMembers; ++member)
        names += ",IP:" + kPeerNet + number(member) + ",IP:" + kClientNet + number(member);
    make("server", signed_by_ca + std::vector<std::string>{"-addext", names});
    make("client", signed_by_ca);
    std::ofstream(file("password")) << kPassword << "\n";
}

void EtcdCluster::make_wires() {
    ip("link set lo up");
    for (const char *bridge : {"peers", "clients"}) {
        ip(std::string("link add ") + bridge + " type bridge");
        ip(std::string("link set ") + bridge + " up");
    }
    ip("address add " + kClientNet + "00/24 dev clients");
    for (std::size_t member = 0; member < kMembers; ++member) {
        members_.at(member).netns = OwnNetns::make_other();
        ip("link set lo up", members_.at(member).netns.get());
        make_wire(member, "peers", kPeerNet);
        make_wire(member, "clients", kClientNet);
    }
}

void EtcdCluster::make_wire(std::size_t member, const std::string &bridge,
                            const std::string &prefix) {
    const int inside = members_.at(member).netns.get();
    const std::string outer = bridge + number(member);
    const std::string inner = outer + "in";
    ip("link add " + outer + " type veth peer name " + inner);
    ip("link set " + inner + " netns /proc/" + std::to_string(::getpid()) + "/fd/" +
       std::to_string(inside));
    ip("link set " + outer + " master " + bridge + " up");
    ip("address add " + prefix + number(member) + "/24 dev " + inner, inside);
    ip("link set " + inner + " up", inside);
}

void EtcdCluster::set_up_users() {
    for (const std::vector<std::string> &words : std::vector<std::vector<std::string>>{
             {"user", "add", std::string("root:") + kRootPassword},
             {"user", "grant-role", "root", "root"},
             {"role", "add", "all"},
             {"role", "grant-permission", "all", "readwrite", "--prefix=true", "/"},
             {"user", "add", std::string(kUser) + ":" + kPassword},
             {"user", "add", std::string(kStranger) + ":" + kPassword},
             {"user", "grant-role", kUser, "all"},
             {"auth", "enable"}})
        control(words);
    has_users_ = true;
}

std::string EtcdCluster::address(std::size_t member) const {
    return kClientNet + number(member) + ":2379";
}

std::string EtcdCluster::endpoint(std::size_t member) const {
    return "https://" + address(member);
}

std::vector<std::string> EtcdCluster::endpoints() const {
    return {endpoint(0), endpoint(1), endpoint(2)};
}

std::filesystem::path EtcdCluster::data(std::size_t member) const {
    return file("member" + number(member));
}

std::vector<std::string> EtcdCluster::arguments(std::size_t member) const {
    const std::string peer = "https://" + kPeerNet + number(member) + ":2380";
    std::string cluster;
    for (std::size_t i = 0; i < kMembers; ++i)
        cluster += (i == 0 ? "m" : ",m") + number(i) + "=https://" + kPeerNet + number(i) + ":2380";
    const std::string certificate = file("server.crt");
    const std::string key = file("server.key");
    const std::string ca = file("ca.crt");
    return {"etcd",
            "--name=m" + number(member),
            "--data-dir=" + data(member).string(),
            "--listen-client-urls=" + endpoint(member),
            "--advertise-client-urls=" + endpoint(member),
            "--listen-peer-urls=" + peer,
            "--initial-advertise-peer-urls=" + peer,
            "--initial-cluster=" + cluster,
            "--initial-cluster-token=coax-test",
            "--heartbeat-interval=50",
            "--election-timeout=500",
            "--bcrypt-cost=4",
            "--logger=zap",
            "--log-level=warn",
            "--cert-file=" + certificate,
            "--key-file=" + key,
            "--trusted-ca-file=" + ca,
            "--client-cert-auth",
            "--peer-cert-file=" + certificate,
            "--peer-key-file=" + key,
            "--peer-trusted-ca-file=" + ca,
            "--peer-client-cert-auth"};
}

void EtcdCluster::start(std::size_t member) {
    members_.at(member).process = std::make_unique<ChildProcess>(
        arguments(member),
        ProcessPlace{members_.at(member).netns.get(), file("log" + number(member))});
}

void EtcdCluster::kill(std::size_t member) {
    members_.at(member).process.reset();
}

void EtcdCluster::set_peer_wire(std::size_t member, bool up) {
    ip("link set peers" + number(member) + (up ? " up" : " down"));
}

void EtcdCluster::set_client_wire(std::size_t member, bool up) {
    ip("link set clients" + number(member) + (up ? " up" : " down"));
}

void EtcdCluster::heal() {
    for (std::size_t member = 0; member < kMembers; ++member) {
        set_peer_wire(member, true);
        set_client_wire(member, true);
        if (!members_.at(member).process)
            start(member);
        resume(member);
    }
    for (std::size_t member = 0; member < kMembers; ++member)
        EXPECT_TRUE(poll_until([&] { return answers(member); })) << "member " << member;
}

void EtcdCluster::wipe() {
    for (std::size_t member = 0; member < kMembers; ++member) {
        kill(member);
        std::filesystem::remove_all(data(member));
    }
    has_users_ = false;
    heal();
    set_up_users();
}

bool EtcdCluster::answers(std::size_t member) const {
    std::string output;
    return try_program(control_words(endpoint(member)) +
                           std::vector<std::string>{"--command-timeout=2s", "get", "any"},
                       output) == 0;
}

std::size_t EtcdCluster::leader() {
    std::size_t found = kMembers;
    EXPECT_TRUE(poll_until([&] {
        for (std::size_t member = 0; member < kMembers; ++member) {
            std::string output;
            (void)try_program(
                control_words(endpoint(member)) +
                    std::vector<std::string>{"--command-timeout=1s", "endpoint", "status"},
                output);
            // endpoint, id, version, size, is leader, is learner, ...
            if (output.find("B, true, false,") != std::string::npos)
                found = member;
        }
        return found < kMembers;
    }));
    return found;
}

void EtcdCluster::compact() {
    const std::string found = control({"get", "any", "--write-out=json"});
    const auto begin = found.find("\"revision\":") + 11;
    control({"compaction", found.substr(begin, found.find_first_of(",}", begin) - begin)});
}

std::string EtcdCluster::control(const std::vector<std::string> &words) {
    return run_program(control_words(endpoint(0) + "," + endpoint(1) + "," + endpoint(2)) + words);
}

std::vector<std::string> EtcdCluster::control_words(const std::string &endpoints) const {
    std::vector<std::string> words = {"env",
                                      "ETCDCTL_API=3",
                                      "etcdctl",
                                      "--endpoints=" + endpoints,
                                      "--cacert=" + file("ca.crt").string(),
                                      "--cert=" + file("client.crt").string(),
                                      "--key=" + file("client.key").string()};
    if (has_users_)
        words.push_back(std::string("--user=root:") + kRootPassword);
    return words;
}

} // namespace coax::test
