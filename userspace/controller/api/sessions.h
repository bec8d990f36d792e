// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <map>
#include <string>
#include <string_view>

#include "controller.pb.h"
#include "controller/api/operators_file.h"
#include "lib/base/clock.h"
#include "lib/base/guarded.h"
#include "lib/base/result.h"
#include "lib/control/hello.h"

namespace coax::controller {

/// Who calls, and what he may.
struct Caller {
    std::string who; // "operator alice"
    Role role = Role::kReadOnly;
};

/// Operators log in with their SSH keys and then call with a session. Sessions are in memory only,
/// as hashes; a key that is taken out of the file ends its sessions.
/// Threads: any. Ownership: borrows `clock` and `file`. Failure: everything that is not right is
/// kPermission; without the file of operators nobody gets in.
class Sessions {
  public:
    static constexpr std::chrono::seconds kNonceLife{30};
    static constexpr std::chrono::seconds kSessionLife{3600};
    static constexpr std::size_t kNoncesMax = 1024;  // then the oldest goes
    static constexpr std::size_t kSessionsMax = 256; // the same
    static constexpr std::size_t kSessionsOfKeyMax = 16;

    struct Options {
        std::string network_id;
        std::string tls_certificate; // DER
        std::string controller;
    };

    Sessions(const Clock &clock, OperatorsFile &file, Options options)
        : clock_(clock), file_(file), options_(std::move(options)) {}

    v1::Challenge challenge();
    Result<v1::Session> log_in(const v1::LogInRequest &request);
    /// `authorization`: "Bearer SESSION".
    Result<Caller> caller(std::string_view authorization);

  private:
    using Time = std::chrono::steady_clock::time_point;
    using SessionHash = std::array<std::uint8_t, 32>;
    struct Entry {
        SshPublicKey key;
        Time until;
    };
    struct State {
        std::map<std::string, Time> nonces; // good until
        std::map<SessionHash, Entry> sessions;
    };

    bool take_nonce(const std::string &nonce);
    std::string open_session(const SshPublicKey &key);

    const Clock &clock_;
    OperatorsFile &file_;
    Options options_;
    Guarded<State> state_;
};

} // namespace coax::controller
