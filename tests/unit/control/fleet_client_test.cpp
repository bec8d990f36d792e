// SPDX-License-Identifier: Apache-2.0
#include "lib/control/fleet_client.h"

#include <algorithm>
#include <atomic>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/fake_controller.h"

namespace coax {
namespace {

using controller::v1::FromAgent;
using controller::v1::ToAgent;
using std::chrono::seconds;
using test::FakeController;
using test::TlsIdentity;
using testing::HasSubstr;
using State = FleetClient::State;
using Visit = FakeController::Visit;

const TlsIdentity &identity() {
    static const TlsIdentity kIdentity = TlsIdentity::make();
    return kIdentity;
}

ToAgent update(std::uint64_t revision) {
    ToAgent message;
    message.mutable_update()->set_revision(revision);
    return message;
}

class FleetClientTest : public testing::Test {
  protected:
    FleetClient::Handlers handlers() {
        FleetClient::Handlers handlers;
        handlers.hello =
            [this](const controller::v1::Challenge &) -> Result<controller::v1::Hello> {
            if (hello_fails_)
                return Error(ErrorCode::kInvalid, "no key");
            controller::v1::Hello hello;
            hello.set_name("storage1");
            return hello;
        };
        handlers.welcome = [this](const controller::v1::Welcome &) { ++welcomes_; };
        handlers.update = [this](const controller::v1::Update &one) {
            ++updates_;
            revision_ = one.revision();
        };
        handlers.state = [this](State state, const std::string &, const std::string &why) {
            states_.push_back(state);
            if (!why.empty())
                why_ = why;
        };
        return handlers;
    }
    void start(const std::vector<std::string> &controllers) {
        auto started = FleetClient::start(loop_, {controllers, identity().der}, handlers());
        ASSERT_TRUE(started.ok()) << started.error().message();
        client_ = std::move(started).value();
    }
    template <typename Condition>
    bool run_until(Condition condition) {
        const auto end = std::chrono::steady_clock::now() + seconds(60);
        while (!condition()) {
            if (std::chrono::steady_clock::now() > end)
                return false;
            loop_.restart();
            loop_.run_one_for(std::chrono::milliseconds(20));
        }
        return true;
    }
    [[nodiscard]] bool was(State state) const {
        return std::ranges::find(states_, state) != states_.end();
    }

    asio::io_context loop_{1};
    bool hello_fails_ = false;
    int welcomes_ = 0;
    int updates_ = 0;
    std::uint64_t revision_ = 0;
    std::vector<State> states_;
    std::string why_;
    std::unique_ptr<FleetClient> client_;
};

TEST_F(FleetClientTest, greets_then_hands_over_updates_in_order) {
    std::atomic<bool> right_name = false;
    FakeController controller(identity(), [&](Visit &visit) {
        right_name = visit.greet().hello().name() == "storage1";
        for (std::uint64_t revision = 1; revision <= 100; ++revision)
            visit.send(update(revision));
        visit.listen();
    });
    start({controller.address()});
    ASSERT_TRUE(run_until([&] { return updates_ == 100; }));
    EXPECT_TRUE(right_name);
    EXPECT_EQ(revision_, 100U);
    EXPECT_EQ(states_, (std::vector{State::kConnecting, State::kWelcome}));
    EXPECT_EQ(client_->controller(), controller.address());
    EXPECT_LT(client_->silence(), seconds(60));
}

TEST_F(FleetClientTest, tells_why_it_was_refused_and_does_not_come_back_too_early) {
    FakeController controller(identity(), [](Visit &visit) {
        ToAgent message;
        message.mutable_refused()->set_text("node storage1 is revoked; make a new key");
        message.mutable_refused()->set_retry_seconds(3000);
        message.mutable_refused()->set_lasting(true);
        visit.send(message);
    });
    start({controller.address()});
    ASSERT_TRUE(run_until([&] { return client_->state() == State::kRefused; }));
    EXPECT_EQ(why_, "node storage1 is revoked; make a new key");
    for (int i = 0; i < 40; ++i)
        loop_.run_one_for(std::chrono::milliseconds(20));
    EXPECT_EQ(controller.visits(), 1);
    EXPECT_EQ(client_->silence(), std::chrono::milliseconds::max());
    EXPECT_FALSE(client_->announce({}));
}

TEST_F(FleetClientTest, waits_while_pending_then_is_welcome) {
    FakeController controller(identity(), [](Visit &visit) {
        ToAgent message;
        message.mutable_challenge();
        FromAgent hello;
        visit.send(message);
        visit.stream.Read(&hello);
        message.mutable_pending()->set_text("coax nodes approve storage1");
        visit.send(message);
        message.mutable_welcome();
        visit.send(message);
        visit.listen();
    });
    start({controller.address()});
    ASSERT_TRUE(run_until([&] { return welcomes_ == 1; }));
    EXPECT_EQ(states_, (std::vector{State::kConnecting, State::kPending, State::kWelcome}));
    EXPECT_EQ(why_, "coax nodes approve storage1");
}

TEST_F(FleetClientTest, gives_up_a_controller_that_falls_silent) {
    FakeController controller(identity(), [](Visit &visit) {
        visit.greet(1);
        visit.listen(); // and says nothing
    });
    start({controller.address()});
    ASSERT_TRUE(run_until([&] { return welcomes_ == 2; }));
    EXPECT_THAT(why_, HasSubstr("was silent for"));
}

TEST_F(FleetClientTest, says_alive_with_what_it_has_taken) {
    std::atomic<std::uint64_t> revision = 0;
    FakeController controller(identity(), [&](Visit &visit) {
        visit.greet(1);
        FromAgent message;
        while (visit.stream.Read(&message)) {
            if (message.has_alive() && message.alive().store_id() == "store")
                revision = message.alive().revision();
            visit.send(update(1)); // so that it stays
        }
    });
    start({controller.address()});
    ASSERT_TRUE(run_until([&] { return welcomes_ == 1; }));
    client_->taken("store", 42);
    EXPECT_TRUE(run_until([&] { return revision == 42U; }));
}

TEST_F(FleetClientTest, comes_back_when_the_controller_dies_mid_stream) {
    const auto script = [](Visit &visit) {
        visit.greet();
        visit.send(update(7));
        visit.listen();
    };
    auto controller = std::make_unique<FakeController>(identity(), script);
    const int port = controller->port();
    start({controller->address()});
    ASSERT_TRUE(run_until([&] { return updates_ == 1; }));
    controller.reset();
    ASSERT_TRUE(run_until([&] { return client_->state() == State::kWaiting; }));
    const FakeController again(identity(), script, port);
    EXPECT_TRUE(run_until([&] { return updates_ == 2; }));
}

TEST_F(FleetClientTest, moves_on_to_another_controller) {
    const FakeController impostor(TlsIdentity::make(), [](Visit &visit) { visit.greet(); });
    FakeController controller(identity(), [](Visit &visit) {
        visit.greet();
        visit.listen();
    });
    start({impostor.address(), "127.0.0.1:1", controller.address()});
    ASSERT_TRUE(run_until([&] { return welcomes_ == 1; }));
    EXPECT_EQ(client_->controller(), controller.address());
    EXPECT_EQ(impostor.visits(), 0);
}

TEST_F(FleetClientTest, holds_a_flood_back_while_it_is_busy) {
    constexpr int kMessages = 1000; // 100 MB
    std::atomic<int> sent = 0;
    FakeController controller(identity(), [&](Visit &visit) {
        visit.greet(60);
        ToAgent large = update(1);
        large.mutable_update()->set_revocations(std::string(100000, 'x'));
        while (sent < kMessages && visit.send(large))
            ++sent;
        visit.listen();
    });
    start({controller.address()});
    int most_on_their_way = 0;
    ASSERT_TRUE(run_until([&] {
        most_on_their_way = std::max(most_on_their_way, sent - updates_);
        return updates_ == kMessages;
    }));
    EXPECT_LT(most_on_their_way, kMessages / 2) << "taken without being looked at";
}

TEST_F(FleetClientTest, replaces_reports_that_wait) {
    std::atomic<int> reports = 0;
    std::atomic<std::uint64_t> last = 0;
    FakeController controller(identity(), [&](Visit &visit) {
        visit.greet(60);
        FromAgent message;
        while (visit.stream.Read(&message)) {
            ++reports;
            last = message.report().revision();
        }
    });
    start({controller.address()});
    ASSERT_TRUE(run_until([&] { return welcomes_ == 1; }));
    for (std::uint64_t revision = 1; revision <= 1000; ++revision) {
        controller::v1::Report report;
        report.set_revision(revision);
        EXPECT_TRUE(client_->report(std::move(report)));
    }
    ASSERT_TRUE(run_until([&] { return last == 1000U; }));
    EXPECT_LE(reports, 3); // on its way, and the last
}

TEST_F(FleetClientTest, leaves_a_controller_that_talks_out_of_order) {
    const FakeController controller(identity(), [](Visit &visit) {
        visit.send(update(1)); // before any welcome
        visit.listen();
    });
    start({controller.address()});
    ASSERT_TRUE(run_until([&] { return was(State::kWaiting); }));
    EXPECT_EQ(updates_, 0);
    EXPECT_THAT(why_, HasSubstr("out of order"));
}

TEST_F(FleetClientTest, ends_the_attempt_without_a_hello) {
    hello_fails_ = true;
    const FakeController controller(identity(), [](Visit &visit) { visit.greet(); });
    start({controller.address()});
    ASSERT_TRUE(run_until([&] { return was(State::kWaiting); }));
    EXPECT_EQ(why_, "no key");
}

TEST_F(FleetClientTest, connects_anew_at_once_when_asked) {
    FakeController controller(identity(), [](Visit &visit) {
        visit.greet();
        visit.listen();
    });
    start({controller.address()});
    ASSERT_TRUE(run_until([&] { return welcomes_ == 1; }));
    client_->reconnect("the certificate is new");
    EXPECT_EQ(why_, "the certificate is new");
    EXPECT_TRUE(run_until([&] { return welcomes_ == 2; }));
}

TEST_F(FleetClientTest, can_be_destroyed_at_any_moment) {
    FakeController controller(identity(), [](Visit &visit) {
        visit.greet();
        while (visit.send(update(1))) {
        }
    });
    for (int steps = 0; steps < 60; ++steps) {
        start({controller.address()});
        loop_.restart();
        for (int i = 0; i < steps; ++i)
            loop_.run_one_for(std::chrono::milliseconds(2));
        const int before = updates_;
        const std::size_t states = states_.size();
        client_.reset();
        loop_.restart();
        loop_.poll();
        EXPECT_EQ(updates_, before);
        EXPECT_EQ(states_.size(), states);
    }
}

TEST_F(FleetClientTest, can_be_destroyed_by_its_own_handlers) {
    FakeController controller(identity(), [](Visit &visit) {
        visit.greet();
        while (visit.send(update(1))) {
        }
    });
    for (const std::string_view where : {"hello", "state", "welcome", "update"}) {
        FleetClient::Handlers own = handlers();
        own.hello = [&](const controller::v1::Challenge &) {
            if (where == "hello")
                client_.reset();
            return Result<controller::v1::Hello>(controller::v1::Hello());
        };
        own.welcome = [&](const controller::v1::Welcome &) {
            if (where == "welcome")
                client_.reset();
        };
        own.update = [&](const controller::v1::Update &) { client_.reset(); };
        own.state = [&](State, const std::string &, const std::string &) {
            if (where == "state")
                client_.reset();
        };
        auto started =
            FleetClient::start(loop_, {{controller.address()}, identity().der}, std::move(own));
        ASSERT_TRUE(started.ok());
        client_ = std::move(started).value();
        EXPECT_TRUE(run_until([&] { return client_ == nullptr; })) << where;
    }
}

TEST_F(FleetClientTest, wants_an_address_and_a_certificate) {
    EXPECT_FALSE(FleetClient::start(loop_, {{}, identity().der}, handlers()).ok());
    EXPECT_FALSE(FleetClient::start(loop_, {{"127.0.0.1:1"}, "no"}, handlers()).ok());
}

} // namespace
} // namespace coax
