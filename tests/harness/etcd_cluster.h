// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "harness/child_process.h"
#include "harness/own_netns.h"
#include "harness/scratch_folder.h"

namespace coax::test {

/// Debian's etcd, three members with TLS and users, each in a network namespace of its own with a wire
/// to the other members and one to the clients, in a namespace of this object. Needs root and the
/// private mounts of isolated_main.cpp. One thread; errors fail the test.
class EtcdCluster {
  public:
    static constexpr std::size_t kMembers = 3;
    static constexpr const char *kUser = "coax";
    static constexpr const char *kPassword = "correct-horse-battery";
    static constexpr const char *kStranger = "stranger"; // a user without any right

    EtcdCluster();

    [[nodiscard]] std::vector<std::string> endpoints() const;
    [[nodiscard]] std::string endpoint(std::size_t member) const;
    [[nodiscard]] std::string address(std::size_t member) const; // HOST:PORT
    [[nodiscard]] std::filesystem::path file(const std::string &name) const {
        return folder_.path() / name; // ca.crt, client.crt, client.key, other-ca.crt, password
    }

    /// Of the members that answer.
    std::size_t leader();
    void kill(std::size_t member);
    void start(std::size_t member);
    void stop(std::size_t member) { members_.at(member).process->send(SIGSTOP); }
    void resume(std::size_t member) { members_.at(member).process->send(SIGCONT); }
    void set_peer_wire(std::size_t member, bool up);
    void set_client_wire(std::size_t member, bool up);
    /// Everything runs, all wires are up, every member answers.
    void heal();
    /// All members begin anew, with empty disks and the same names.
    void wipe();
    /// History before the present revision goes.
    void compact();
    /// etcdctl as root.
    std::string control(const std::vector<std::string> &words);

  private:
    struct Member {
        UniqueFd netns;
        std::unique_ptr<ChildProcess> process;
    };

    void make_certificates();
    void make_wires();
    void make_wire(std::size_t member, const std::string &bridge, const std::string &prefix);
    void set_up_users();
    [[nodiscard]] std::vector<std::string> arguments(std::size_t member) const;
    [[nodiscard]] std::vector<std::string> control_words(const std::string &endpoints) const;
    [[nodiscard]] bool answers(std::size_t member) const;
    [[nodiscard]] std::filesystem::path data(std::size_t member) const;

    ScratchFolder folder_;
    OwnNetns netns_;
    std::array<Member, kMembers> members_;
    bool has_users_ = false;
};

} // namespace coax::test
