// SPDX-License-Identifier: Apache-2.0
#include "lib/metrics/scrape_server.h"

#include <stdexcept>

#include <fcntl.h>

#include <asio/connect.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/bound_port.h"

namespace coax {
namespace {

using asio::ip::tcp;
using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::chrono::seconds kPatience{10};
const char *const kGet = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";

/// Sends `request` and collects what comes until the server closes.
class Client {
  public:
    Client(asio::io_context &loop, std::uint16_t port, std::string request)
        : socket_(loop), request_(std::move(request)) {
        socket_.connect({asio::ip::address_v4::loopback(), port});
        asio::async_write(socket_, asio::buffer(request_), [](asio::error_code, std::size_t) {});
        asio::async_read(socket_, asio::dynamic_buffer(answer_),
                         [this](asio::error_code, std::size_t) { done_ = true; });
    }
    void hang_up() { socket_.close(); }
    [[nodiscard]] bool done() const { return done_; }
    [[nodiscard]] const std::string &answer() const { return answer_; }

  private:
    tcp::socket socket_;
    std::string request_;
    std::string answer_;
    bool done_ = false;
};

class ScrapeServerTest : public testing::Test {
  protected:
    void start(ScrapeLimits limits = {}) {
        auto listener = listen_tcp({*IpAddress::parse("127.0.0.1"), UdpPort(0)});
        ASSERT_TRUE(listener.ok()) << listener.error().message();
        port_ = test::bound_port(listener->get());
        server_ = std::make_unique<ScrapeServer>(
            loop_, std::move(listener).value(), [this] { return body_(); }, limits);
    }
    std::unique_ptr<Client> client(const std::string &request) {
        return std::make_unique<Client>(loop_, port_, request);
    }
    template <typename Condition>
    void run_until(Condition condition) {
        const auto end = std::chrono::steady_clock::now() + kPatience;
        while (!condition() && std::chrono::steady_clock::now() < end)
            loop_.run_one_for(milliseconds{100});
        EXPECT_TRUE(condition());
    }
    std::string ask(const std::string &request) {
        const auto asking = client(request);
        run_until([&] { return asking->done(); });
        return asking->answer();
    }

    asio::io_context loop_;
    std::function<std::string()> body_ = [] { return std::string("a 1\n"); };
    std::uint16_t port_ = 0;
    std::unique_ptr<ScrapeServer> server_;
};

TEST_F(ScrapeServerTest, answers_with_the_body) {
    start();
    const std::string answer = ask(kGet);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain; version=0.0.4"));
    EXPECT_TRUE(answer.ends_with("\r\n\r\na 1\n"));
    EXPECT_EQ(server_->counts().answered, 1U);
}

TEST_F(ScrapeServerTest, answers_a_body_larger_than_the_buffers_of_the_socket) {
    constexpr std::size_t kBytes = 4U << 20U;
    body_ = [] { return std::string(kBytes, 'x'); };
    start();
    EXPECT_GT(ask(kGet).size(), kBytes);
}

TEST_F(ScrapeServerTest, refuses_what_is_no_scrape_and_goes_on) {
    start();
    EXPECT_THAT(ask("GET /etc/passwd HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 404"));
    EXPECT_THAT(ask("POST /metrics HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 405"));
    EXPECT_THAT(ask("\x16\x03\x01\r\n\r\n"), StartsWith("HTTP/1.1 400"));
    EXPECT_EQ(server_->counts().bad, 3U);
    EXPECT_THAT(ask("GET / HTTP/1.1\r\n\r\n"), HasSubstr("/metrics"));
    EXPECT_THAT(ask("HEAD /metrics HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(ask(kGet), HasSubstr("a 1\n"));
}

TEST_F(ScrapeServerTest, refuses_a_request_that_is_too_large) {
    start({.request_bytes = 64});
    EXPECT_THAT(ask("GET /metrics HTTP/1.1\r\n" + std::string(42, 'x')),
                StartsWith("HTTP/1.1 431"));
}

TEST_F(ScrapeServerTest, closes_a_connection_that_says_nothing) {
    start({.deadline = milliseconds{50}});
    EXPECT_EQ(ask("GET /metrics HTTP/1.1\r\n"), "");
    EXPECT_EQ(server_->counts().bad, 1U);
}

TEST_F(ScrapeServerTest, refuses_more_connections_than_its_limit_and_takes_new_ones_later) {
    start({.connections = 2});
    const auto first = client("GET /m");
    const auto second = client("GET /m");
    const auto third = client("GET /m");
    run_until([&] { return third->done(); });
    EXPECT_THAT(third->answer(), StartsWith("HTTP/1.1 503"));
    EXPECT_EQ(server_->counts().refused, 1U);
    EXPECT_FALSE(second->done());
    first->hang_up();
    run_until([&] { return server_->counts().bad == 1; });
    EXPECT_THAT(ask(kGet), HasSubstr("a 1\n"));
}

TEST_F(ScrapeServerTest, exception_of_a_library_is_an_answer) {
    body_ = []() -> std::string { throw std::runtime_error("thrown by a library"); };
    start();
    const std::string answer = ask(kGet);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 500"));
    EXPECT_THAT(answer, HasSubstr("thrown by a library"));
}

TEST_F(ScrapeServerTest, goes_while_connections_are_open) {
    start();
    const auto waiting = client("GET /m");
    const auto asking = client(kGet);
    run_until([&] { return asking->done(); });
    server_.reset();
    run_until([&] { return waiting->done(); });
    EXPECT_EQ(waiting->answer(), "");
}

TEST(ListenTcp, busy_port_and_foreign_address_are_named) {
    const auto first = listen_tcp({*IpAddress::parse("127.0.0.1"), UdpPort(0)});
    ASSERT_TRUE(first.ok());
    EXPECT_NE(::fcntl(first->get(), F_GETFD) & FD_CLOEXEC, 0);
    const SocketAddress taken{*IpAddress::parse("127.0.0.1"),
                              UdpPort(test::bound_port(first->get()))};
    const auto busy = listen_tcp(taken);
    ASSERT_FALSE(busy.ok());
    EXPECT_EQ(busy.error().code(), ErrorCode::kBusy);
    EXPECT_THAT(busy.error().message(), HasSubstr(taken.to_string()));
    const auto foreign = listen_tcp({*IpAddress::parse("192.0.2.1"), UdpPort(0)});
    ASSERT_FALSE(foreign.ok());
    EXPECT_THAT(foreign.error().message(), HasSubstr("192.0.2.1"));
}

TEST(ListenTcp, takes_ipv6) {
    const auto listener = listen_tcp({*IpAddress::parse("::1"), UdpPort(0)});
    ASSERT_TRUE(listener.ok()) << listener.error().message();
}

} // namespace
} // namespace coax
