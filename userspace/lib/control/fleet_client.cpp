// SPDX-License-Identifier: Apache-2.0
#include "lib/control/fleet_client.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <asio/steady_timer.hpp>
#include <fmt/format.h>
#include <sodium.h>

#include "lib/base/text.h"
#include "lib/control/back_off.h"
#include "lib/control/fleet_stream.h"
#include "lib/control/pinned_channel.h"

namespace coax {
namespace {

namespace proto = controller::v1;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Steady = std::chrono::steady_clock;
using State = FleetClient::State;

constexpr milliseconds kPauseFrom{500};
constexpr milliseconds kPauseTo{30000};
constexpr seconds kSilenceBeforeWelcome{10};
constexpr seconds kSilenceWhilePending{60};
constexpr std::uint32_t kAliveMaxSeconds = 300; // whatever the controller says
constexpr std::uint32_t kRetryMaxSeconds = 3600;
constexpr int kSilentPeriods = 3;
constexpr seconds kSteadyAfter{10}; // a stream that lived so long was a good one
constexpr std::size_t kShownBytes = 300;

/// What a FleetClient is, kept alive by whoever runs in it: a handler may destroy the client.
class Follower : public std::enable_shared_from_this<Follower> {
  public:
    Follower(asio::io_context &loop, FleetClient::Options options, FleetClient::Handlers handlers)
        : loop_(loop),
          options_(std::move(options)),
          handlers_(std::move(handlers)),
          retry_(loop),
          watchdog_(loop),
          alive_(loop),
          next_(randombytes_uniform(static_cast<std::uint32_t>(options_.controllers.size()))) {}

    void start() { connect_after(milliseconds(0)); }
    void stop();

    bool announce(proto::Announce message);
    bool report(proto::Report message);
    void taken(std::string store_id, std::uint64_t revision);
    void reconnect(const std::string &why);

    [[nodiscard]] State state() const { return state_; }
    [[nodiscard]] std::string controller() const { return stream_ ? address_ : ""; }
    [[nodiscard]] milliseconds silence() const;

  private:
    void connect_after(milliseconds pause);
    void connect();
    void on_message(const proto::ToAgent &message);
    void on_challenge(const proto::Challenge &challenge);
    void on_refused(const proto::Refused &refused);
    void on_welcome(const proto::Welcome &welcome);
    void on_written();
    void on_ended(const grpc::Status &status);

    void become(State state, const std::string &why);
    /// Drops the stream and waits for the next attempt.
    void give_up(State state, const std::string &why, milliseconds at_least = milliseconds(0));
    void drop_stream();
    void send_next();
    [[nodiscard]] milliseconds allowed_silence() const;
    void watch();
    void keep_alive();
    /// A function for the loop: runs `what` unless the client is gone by then.
    template <typename What>
    auto guarded(What what) {
        return [weak = weak_from_this(), what](const auto &...arguments) {
            if (const auto self = weak.lock(); self && !self->stopped_)
                what(*self, arguments...);
        };
    }

    struct Outbox { // in this order
        std::optional<proto::Hello> hello;
        std::optional<proto::Announce> announce;
        std::optional<proto::Report> report;
        bool alive = false;
    };

    asio::io_context &loop_;
    const FleetClient::Options options_;
    const FleetClient::Handlers handlers_;
    asio::steady_timer retry_;
    asio::steady_timer watchdog_;
    asio::steady_timer alive_;
    std::size_t next_; // of the addresses
    BackOff back_off_{kPauseFrom, kPauseTo};

    State state_ = State::kWaiting;
    std::string address_;
    std::shared_ptr<grpc::Channel>
        channel_; // also between streams: gRPC's threads end with the last
    std::shared_ptr<FleetStream> stream_;
    bool greeted_ = false; // a hello was sent on this stream
    bool writing_ = false;
    bool sent_since_tick_ = false;
    bool stopped_ = false;
    Outbox outbox_;
    seconds alive_period_{0};
    Steady::time_point heard_;
    std::optional<Steady::time_point> welcome_at_;
    std::optional<Steady::time_point> last_reconnect_;
    std::string store_id_;
    std::uint64_t revision_ = 0;
};

void Follower::stop() {
    stopped_ = true;
    drop_stream();
    retry_.cancel();
}

void Follower::connect_after(milliseconds pause) {
    retry_.expires_after(pause);
    retry_.async_wait(guarded([](Follower &self, const asio::error_code &error) {
        if (!error)
            self.connect();
    }));
}

void Follower::connect() {
    if (stream_)
        return;
    address_ = options_.controllers[next_];
    next_ = (next_ + 1) % options_.controllers.size();
    auto channel = pinned_channel(address_, options_.tls_certificate);
    if (!channel.ok()) // was one when the client was made
        return give_up(State::kWaiting, channel.error().message());
    FleetStream::Events events;
    events.message = guarded([](Follower &self, const proto::ToAgent &m) { self.on_message(m); });
    events.written = guarded([](Follower &self) { self.on_written(); });
    events.ended = guarded([](Follower &self, const grpc::Status &s) { self.on_ended(s); });
    stream_ = FleetStream::open(loop_, *channel, std::move(events));
    channel_ = std::move(channel).value();
    heard_ = Steady::now();
    become(State::kConnecting, "");
    if (stream_)
        watch();
}

void Follower::on_message(const proto::ToAgent &message) {
    heard_ = Steady::now();
    switch (message.message_case()) {
    case proto::ToAgent::kChallenge:
        return on_challenge(message.challenge());
    case proto::ToAgent::kRefused:
        return on_refused(message.refused());
    case proto::ToAgent::kPending:
        if (greeted_ && !welcome_at_)
            return become(State::kPending, message.pending().text());
        break;
    case proto::ToAgent::kWelcome:
        if (greeted_ && !welcome_at_)
            return on_welcome(message.welcome());
        break;
    case proto::ToAgent::kUpdate:
        if (welcome_at_)
            return handlers_.update(message.update());
        break;
    case proto::ToAgent::kAlive:
    case proto::ToAgent::MESSAGE_NOT_SET: // of a later version
        return;
    }
    give_up(State::kWaiting, fmt::format("{} sent a message out of order", address_));
}

void Follower::on_challenge(const proto::Challenge &challenge) {
    if (greeted_)
        return give_up(State::kWaiting, fmt::format("{} sent a second challenge", address_));
    auto hello = handlers_.hello(challenge);
    if (stopped_)
        return;
    if (!hello.ok())
        return give_up(State::kWaiting, hello.error().message());
    greeted_ = true;
    outbox_.hello = std::move(hello).value();
    send_next();
}

void Follower::on_refused(const proto::Refused &refused) {
    if (handlers_.refused)
        handlers_.refused(refused);
    if (stopped_)
        return;
    if (refused.lasting())
        back_off_.to_longest();
    give_up(State::kRefused, refused.text().empty() ? refused.reason() : refused.text(),
            seconds(std::min(refused.retry_seconds(), kRetryMaxSeconds)));
}

void Follower::on_welcome(const proto::Welcome &welcome) {
    welcome_at_ = Steady::now();
    alive_period_ = seconds(std::clamp(welcome.alive_seconds(), 1U, kAliveMaxSeconds));
    keep_alive();
    watch();
    become(State::kWelcome, "");
    if (!stopped_ && stream_)
        handlers_.welcome(welcome);
}

void Follower::on_ended(const grpc::Status &status) {
    give_up(State::kWaiting,
            status.ok()
                ? fmt::format("{} ended the stream", address_)
                : fmt::format("{}: {}", address_, quoted(status.error_message(), kShownBytes)));
}

void Follower::become(State state, const std::string &why) {
    state_ = state;
    if (state == State::kPending && stream_)
        watch();
    handlers_.state(state, address_, why);
}

void Follower::give_up(State state, const std::string &why, milliseconds at_least) {
    if (welcome_at_ && Steady::now() - *welcome_at_ > kSteadyAfter)
        back_off_.reset();
    drop_stream();
    connect_after(at_least + back_off_.pause(randombytes_random()));
    become(state, why);
}

void Follower::drop_stream() {
    if (stream_)
        stream_->close();
    stream_.reset();
    watchdog_.cancel();
    alive_.cancel();
    greeted_ = false;
    writing_ = false;
    welcome_at_.reset();
    outbox_ = {};
}

void Follower::on_written() {
    writing_ = false;
    send_next();
}

void Follower::send_next() {
    if (writing_ || !stream_)
        return;
    proto::FromAgent message;
    if (auto hello = std::exchange(outbox_.hello, std::nullopt))
        *message.mutable_hello() = *std::move(hello);
    else if (auto announce = std::exchange(outbox_.announce, std::nullopt))
        *message.mutable_announce() = *std::move(announce);
    else if (auto report = std::exchange(outbox_.report, std::nullopt))
        *message.mutable_report() = *std::move(report);
    else if (std::exchange(outbox_.alive, false)) {
        message.mutable_alive()->set_store_id(store_id_);
        message.mutable_alive()->set_revision(revision_);
    } else {
        return;
    }
    writing_ = true;
    sent_since_tick_ = true;
    stream_->write(std::move(message));
}

milliseconds Follower::allowed_silence() const {
    if (welcome_at_)
        return alive_period_ * kSilentPeriods;
    return state_ == State::kPending ? kSilenceWhilePending : kSilenceBeforeWelcome;
}

void Follower::watch() {
    watchdog_.expires_at(heard_ + allowed_silence());
    watchdog_.async_wait(guarded([](Follower &self, const asio::error_code &error) {
        if (error || !self.stream_)
            return;
        if (Steady::now() - self.heard_ < self.allowed_silence())
            return self.watch(); // something was heard meanwhile
        self.give_up(State::kWaiting,
                     fmt::format("{} was silent for {} s", self.address_,
                                 std::chrono::ceil<seconds>(self.silence()).count()));
    }));
}

void Follower::keep_alive() {
    alive_.expires_after(alive_period_);
    alive_.async_wait(guarded([](Follower &self, const asio::error_code &error) {
        if (error || !self.welcome_at_)
            return;
        if (!std::exchange(self.sent_since_tick_, false)) {
            self.outbox_.alive = true;
            self.send_next();
        }
        self.keep_alive();
    }));
}

bool Follower::announce(proto::Announce message) {
    if (!welcome_at_)
        return false;
    outbox_.announce = std::move(message);
    send_next();
    return true;
}

bool Follower::report(proto::Report message) {
    if (!welcome_at_)
        return false;
    outbox_.report = std::move(message);
    send_next();
    return true;
}

void Follower::taken(std::string store_id, std::uint64_t revision) {
    store_id_ = std::move(store_id);
    revision_ = revision;
}

void Follower::reconnect(const std::string &why) {
    if (!stream_)
        return; // it does so anyway
    const auto now = Steady::now();
    const bool again = last_reconnect_ && now - *last_reconnect_ < kSteadyAfter;
    last_reconnect_ = now;
    if (again)
        return give_up(State::kWaiting, why);
    drop_stream();
    connect_after(milliseconds(0));
    become(State::kWaiting, why);
}

milliseconds Follower::silence() const {
    if (!stream_)
        return milliseconds::max();
    return std::chrono::duration_cast<milliseconds>(Steady::now() - heard_);
}

class FollowingClient final : public FleetClient {
  public:
    explicit FollowingClient(std::shared_ptr<Follower> follower) : follower_(std::move(follower)) {}
    FollowingClient(const FollowingClient &) = delete;
    FollowingClient &operator=(const FollowingClient &) = delete;
    ~FollowingClient() override { follower_->stop(); } // NOLINT: what throws is out of memory

    bool announce(proto::Announce message) override {
        return follower_->announce(std::move(message));
    }
    bool report(proto::Report message) override { return follower_->report(std::move(message)); }
    void taken(std::string store_id, std::uint64_t revision) override {
        follower_->taken(std::move(store_id), revision);
    }
    void reconnect(const std::string &why) override { follower_->reconnect(why); }
    [[nodiscard]] State state() const override { return follower_->state(); }
    [[nodiscard]] std::string controller() const override { return follower_->controller(); }
    [[nodiscard]] milliseconds silence() const override { return follower_->silence(); }

  private:
    const std::shared_ptr<Follower> follower_;
};

} // namespace

Result<std::unique_ptr<FleetClient>> FleetClient::start(asio::io_context &loop, Options options,
                                                        Handlers handlers) {
    if (options.controllers.empty())
        return Error(ErrorCode::kInvalid, "expected the address of a controller, found none");
    const auto tried = pinned_channel(options.controllers.front(), options.tls_certificate);
    if (!tried.ok())
        return tried.error();
    const auto follower = std::make_shared<Follower>(loop, std::move(options), std::move(handlers));
    follower->start();
    return std::unique_ptr<FleetClient>(std::make_unique<FollowingClient>(follower));
}

} // namespace coax
