// SPDX-License-Identifier: Apache-2.0
#include "cli/join_stream.h"

#include <optional>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <fmt/format.h>

#include "lib/base/text.h"
#include "lib/control/fleet_client.h"
#include "lib/control/hello.h"

namespace coax::cli {
namespace {

/// One joining: lives as long as its loop runs.
class Joining {
  public:
    Joining(const JoinRequest &request, Signer &identity, const JoinProgress &progress)
        : request_(request), identity_(identity), progress_(progress), timer_(loop_) {}

    Result<ctl::Welcome> run() {
        COAX_ASSIGN_OR_RETURN(client_, FleetClient::start(loop_, options(), handlers()));
        if (request_.patience.count() > 0) {
            timer_.expires_after(request_.patience);
            timer_.async_wait([this](std::error_code error) {
                if (!error)
                    end(Error(ErrorCode::kUnavailable,
                              fmt::format("not a node yet after {} s; the last word: {}",
                                          request_.patience.count(), last_word_)));
            });
        }
        loop_.run();
        client_.reset();
        return std::move(*result_);
    }

  private:
    [[nodiscard]] FleetClient::Options options() const {
        return {request_.token.controllers, request_.token.tls_certificate};
    }

    FleetClient::Handlers handlers() {
        FleetClient::Handlers handlers;
        handlers.hello = [this](const ctl::Challenge &challenge) { return hello(challenge); };
        handlers.welcome = [this](const ctl::Welcome &welcome) { end(welcome); };
        handlers.update = [](const ctl::Update & /*update*/) {};
        handlers.refused = [this](const ctl::Refused &refused) {
            if (refused.lasting())
                end(Error(ErrorCode::kPermission, refused.text()));
        };
        handlers.state = [this](FleetClient::State state, const std::string &controller,
                                const std::string &why) { note(state, controller, why); };
        return handlers;
    }

    Result<ctl::Hello> hello(const ctl::Challenge &challenge) {
        const JoinToken &token = request_.token;
        if (challenge.network_id() != token.network_id)
            return Error(ErrorCode::kInvalid,
                         fmt::format("the controller is of network {}, the token of {}",
                                     coax::quoted(challenge.network_id()), token.network_id));
        ctl::Hello hello;
        hello.set_protocol(kControlProtocol);
        hello.set_name(request_.name);
        const auto &key = identity_.public_key().bytes;
        hello.set_public_key(key.data(), key.size());
        hello.set_certificate(request_.certificate);
        const ChallengeFacts facts{token.network_id, challenge.nonce(), token.tls_certificate};
        COAX_ASSIGN_OR_RETURN(*hello.mutable_proof(),
                              prove(facts, request_.name, kHelloNamespace, identity_));
        hello.set_token_secret(token.secret);
        hello.set_version(COAX_VERSION);
        return hello;
    }

    void note(FleetClient::State state, const std::string &controller, const std::string &why) {
        if (why.empty() || why == last_word_)
            return;
        last_word_ = why;
        if (state == FleetClient::State::kPending)
            progress_.pending(why);
        else if (!result_)
            progress_.waiting(controller, why);
    }

    void end(Result<ctl::Welcome> result) {
        if (!result_)
            result_ = std::move(result);
        loop_.stop();
    }

    const JoinRequest &request_;
    Signer &identity_;
    const JoinProgress &progress_;
    asio::io_context loop_;
    asio::steady_timer timer_;
    std::unique_ptr<FleetClient> client_;
    std::optional<Result<ctl::Welcome>> result_;
    std::string last_word_ = "no controller answered";
};

} // namespace

Result<ctl::Welcome> ask_to_join(const JoinRequest &request, Signer &identity,
                                 const JoinProgress &progress) {
    return Joining(request, identity, progress).run();
}

} // namespace coax::cli
