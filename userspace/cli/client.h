// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "agent.pb.h"
#include "lib/base/result.h"

namespace coax::cli {

namespace api = coax::agent::v1;

/// Does somebody listen at `socket`, and if not, why: without the cost of starting gRPC.
/// kNotFound: nobody listens there. kPermission: not root, not in group coax. kInvalid: the path
/// cannot be a socket address.
Status probe_socket(const std::string &socket);

/// The agent's local API on a unix socket. Blocking; not thread-safe. Every call ends within its
/// deadline. Errors: those of probe_socket(), kUnavailable for no answer in time, else what the
/// agent said.
class AgentClient {
  public:
    static constexpr std::chrono::milliseconds kDeadline{5000};
    /// What changes something takes longer than a question: thousands of interfaces, a slow disk.
    static constexpr std::chrono::milliseconds kChangeDeadline{60000};

    explicit AgentClient(std::string socket, std::chrono::milliseconds deadline = kDeadline);
    ~AgentClient();
    AgentClient(const AgentClient &) = delete;
    AgentClient &operator=(const AgentClient &) = delete;

    Result<api::Status> status();
    Result<api::Peers> peers();
    Result<api::Ports> ports();
    Result<api::Fdb> fdb(std::uint32_t vni, std::uint32_t limit);
    Result<api::Drops> drops(bool all);
    Result<api::Keys> keys();
    /// Begins a change of keys, or finds one going on.
    Result<api::Keys> rotate_keys();
    /// Of one peer, or of all when the name is empty.
    Result<api::Control> control(const std::string &peer);
    Result<api::Diff> diff();
    Result<api::DownReply> down();

  private:
    class Channel; // keeps gRPC's headers out of here
    std::unique_ptr<Channel> channel_;
    std::chrono::milliseconds deadline_;
};

} // namespace coax::cli
