// SPDX-License-Identifier: Apache-2.0
#include "agent/metrics/exporter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/bound_port.h"
#include "unit/agent/world.h"

namespace coax {
namespace {

using test::World;
using testing::HasSubstr;
using testing::StartsWith;

ListenAddress at(const std::string &text) {
    return *ListenAddress::parse(text);
}

/// A TCP port that nothing listens on now.
std::string free_port() {
    const auto listener = listen_tcp({*IpAddress::parse("127.0.0.1"), UdpPort(0)});
    return std::to_string(test::bound_port(listener->get()));
}

bool taken(const ListenAddress &listen) {
    const auto listener = listen_tcp(*listen.address);
    return !listener.ok() && listener.error().code() == ErrorCode::kBusy;
}

class ExporterTest : public testing::Test {
  protected:
    ExporterTest() { EXPECT_TRUE(world_.run().ok()); }

    ViewSource source() {
        ++collected_;
        return world_.view_source();
    }

    World world_;
    asio::io_context loop_;
    int collected_ = 0;
    Exporter exporter_{loop_, world_.clock, [this] { return source(); }};
    const std::string port_ = free_port();
};

TEST_F(ExporterTest, many_scrapers_take_no_more_than_one_collection_a_second) {
    const std::string first = exporter_.text();
    EXPECT_THAT(first, HasSubstr("coax_agent_build_info"));
    world_.clock.advance(std::chrono::milliseconds(999));
    EXPECT_EQ(exporter_.text(), first);
    EXPECT_EQ(collected_, 1);
    world_.clock.advance(std::chrono::milliseconds(1));
    exporter_.text();
    EXPECT_EQ(collected_, 2);
}

TEST_F(ExporterTest, no_address_is_no_socket) {
    const auto listener = open_metrics_listener({});
    ASSERT_TRUE(listener.ok());
    EXPECT_FALSE(listener->valid());
    EXPECT_TRUE(exporter_.move_to({}).ok());
}

TEST_F(ExporterTest, busy_port_is_an_error_that_names_option_address_and_help) {
    const ListenAddress listen = at("127.0.0.1:" + port_);
    const auto holder = open_metrics_listener(listen);
    ASSERT_TRUE(holder.ok());
    const auto busy = open_metrics_listener(listen);
    ASSERT_FALSE(busy.ok());
    EXPECT_EQ(busy.error().code(), ErrorCode::kBusy);
    EXPECT_THAT(busy.error().message(), StartsWith("metrics.listen: expected a free TCP port"));
    EXPECT_THAT(busy.error().message(), HasSubstr("ss -tlnp sport = " + port_));
    const auto foreign = open_metrics_listener(at("192.0.2.1:9786"));
    ASSERT_FALSE(foreign.ok());
    EXPECT_THAT(foreign.error().message(), StartsWith("metrics.listen: expected an address of"));
}

TEST_F(ExporterTest, moves_to_an_address_that_overlaps_its_own) {
    auto listener = open_metrics_listener(at("127.0.0.1:" + port_));
    ASSERT_TRUE(listener.ok());
    exporter_.serve(at("127.0.0.1:" + port_), std::move(listener).value());
    const Status moved = exporter_.move_to(at("0.0.0.0:" + port_));
    EXPECT_TRUE(moved.ok()) << moved.error().message();
    EXPECT_TRUE(taken(at("127.0.0.1:" + port_)));
    EXPECT_TRUE(exporter_.move_to({}).ok());
    EXPECT_FALSE(taken(at("127.0.0.1:" + port_)));
}

TEST_F(ExporterTest, keeps_its_address_when_the_next_one_is_busy) {
    const ListenAddress mine = at("127.0.0.1:" + port_);
    ASSERT_TRUE(exporter_.move_to(mine).ok());
    const ListenAddress other = at("127.0.0.1:" + free_port());
    const auto holder = open_metrics_listener(other);
    ASSERT_TRUE(holder.ok());
    asio::ip::tcp::socket scraper(loop_);
    scraper.connect({asio::ip::address_v4::loopback(), mine.address->port.value()});
    EXPECT_FALSE(exporter_.move_to(other).ok());
    EXPECT_TRUE(taken(mine));
    scraper.non_blocking(true);
    std::array<char, 1> byte{};
    asio::error_code error;
    scraper.read_some(asio::buffer(byte), error);
    EXPECT_EQ(error, asio::error::would_block) << "who waits for an answer is not cut off";
}

} // namespace
} // namespace coax
