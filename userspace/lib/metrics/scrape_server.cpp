// SPDX-License-Identifier: Apache-2.0
#include "lib/metrics/scrape_server.h"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <utility>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <asio/read_until.hpp>
#include <asio/write.hpp>
#include <fmt/format.h>

#include "lib/metrics/http_request.h"

namespace coax {
namespace {

using asio::ip::tcp;

constexpr int kBacklog = 16;
constexpr std::chrono::seconds kAcceptRetry{1};
constexpr std::string_view kPlain = "text/plain; charset=utf-8";
constexpr std::string_view kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

socklen_t fill(const SocketAddress &address, sockaddr_storage &out) {
    if (address.address.is_v4()) {
        auto &v4 = reinterpret_cast<sockaddr_in &>(out);
        v4.sin_family = AF_INET;
        v4.sin_port = htons(address.port.value());
        v4.sin_addr.s_addr = address.address.v4_be();
        return sizeof(v4);
    }
    auto &v6 = reinterpret_cast<sockaddr_in6 &>(out);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address.port.value());
    const auto &bytes = address.address.bytes();
    std::copy(bytes.begin(), bytes.end(), std::begin(v6.sin6_addr.s6_addr));
    return sizeof(v6);
}

tcp protocol_of(const UniqueFd &listener) {
    sockaddr_storage address{};
    socklen_t length = sizeof(address);
    ::getsockname(listener.get(), reinterpret_cast<sockaddr *>(&address), &length);
    return address.ss_family == AF_INET6 ? tcp::v6() : tcp::v4();
}

} // namespace

Result<UniqueFd> listen_tcp(const SocketAddress &address) {
    const std::string doing = "listen on " + address.to_string();
    sockaddr_storage storage{};
    const socklen_t length = fill(address, storage);
    UniqueFd fd(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd.valid())
        return Error::from_errno(doing, errno);
    const int on = 1; // connections of the agent before this one may still be closing
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (::bind(fd.get(), reinterpret_cast<sockaddr *>(&storage), length) != 0 ||
        ::listen(fd.get(), kBacklog) != 0)
        return Error::from_errno(doing, errno);
    return fd;
}

/// One request and its response.
class ScrapeServer::Connection : public std::enable_shared_from_this<Connection> {
  public:
    Connection(ScrapeServer &server, tcp::socket socket)
        : server_(&server), socket_(std::move(socket)), timer_(server.loop_) {}

    void read() {
        timer_.expires_after(server_->limits_.deadline);
        timer_.async_wait([self = shared_from_this()](asio::error_code error) {
            if (!error && self->server_ != nullptr)
                self->fail();
        });
        asio::async_read_until(socket_, asio::dynamic_buffer(head_, server_->limits_.request_bytes),
                               "\r\n\r\n",
                               [self = shared_from_this()](asio::error_code error, std::size_t) {
                                   if (self->server_ != nullptr)
                                       self->answer(error);
                               });
    }

    /// Nothing of the server is touched after this.
    void close() {
        server_ = nullptr;
        try {
            timer_.cancel();
        } catch (const std::exception &) {
            // It fires once more then, for a connection that is closed.
        }
        asio::error_code ignored;
        socket_.shutdown(tcp::socket::shutdown_both, ignored);
        socket_.close(ignored);
    }

  private:
    void answer(asio::error_code error) {
        if (error == asio::error::not_found) // the limit, and no end of the head
            return refuse("431 Request Header Fields Too Large");
        if (error)
            return fail();
        switch (parse_http_request(head_)) {
        case HttpAsk::kMetrics:
            ++server_->counts_.answered;
            return write(metrics());
        case HttpAsk::kHead:
            ++server_->counts_.answered;
            return write(http_response("200 OK", kMetricsType, ""));
        case HttpAsk::kIndex:
            ++server_->counts_.bad;
            return write(http_response("200 OK", kPlain, "Coax: metrics are at /metrics\n"));
        case HttpAsk::kElsewhere:
            return refuse("404 Not Found");
        case HttpAsk::kMethod:
            return refuse("405 Method Not Allowed");
        case HttpAsk::kMalformed:
            break;
        }
        refuse("400 Bad Request");
    }

    std::string metrics() {
        try {
            return http_response("200 OK", kMetricsType, server_->body_());
        } catch (const std::exception &error) {
            return http_response("500 Internal Server Error", kPlain,
                                 std::string(error.what()) + "\n");
        }
    }

    void refuse(std::string_view status) {
        ++server_->counts_.bad;
        write(http_response(status, kPlain, std::string(status) + "\n"));
    }

    void write(std::string response) {
        response_ = std::move(response);
        asio::async_write(socket_, asio::buffer(response_),
                          [self = shared_from_this()](asio::error_code, std::size_t) {
                              if (self->server_ != nullptr)
                                  self->end();
                          });
    }

    void fail() {
        if (response_.empty())
            ++server_->counts_.bad;
        end();
    }

    void end() {
        ScrapeServer *const server = server_;
        const auto self = shared_from_this();
        close();
        server->connections_.erase(self);
    }

    ScrapeServer *server_; // null: closed
    tcp::socket socket_;
    asio::steady_timer timer_;
    std::string head_;
    std::string response_;
};

ScrapeServer::ScrapeServer(asio::io_context &loop, UniqueFd listener, Body body,
                           ScrapeLimits limits)
    : loop_(loop), body_(std::move(body)), limits_(limits), acceptor_(loop), retry_(loop) {
    const tcp protocol = protocol_of(listener);
    acceptor_.assign(protocol, listener.release());
    accept();
}

ScrapeServer::~ScrapeServer() {
    for (const auto &connection : connections_)
        connection->close();
}

void ScrapeServer::accept() {
    acceptor_.async_accept(
        [this, alive = std::weak_ptr(alive_)](asio::error_code error, tcp::socket socket) {
            if (alive.expired() || error == asio::error::operation_aborted)
                return;
            if (error)
                return accept_later();
            start(std::move(socket));
            accept();
        });
}

// No descriptor or memory left: trying at once would spin.
void ScrapeServer::accept_later() {
    retry_.expires_after(kAcceptRetry);
    retry_.async_wait([this, alive = std::weak_ptr(alive_)](asio::error_code error) {
        if (!error && !alive.expired())
            accept();
    });
}

void ScrapeServer::start(tcp::socket socket) {
    ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
    if (connections_.size() >= limits_.connections) {
        ++counts_.refused;
        const std::string busy =
            http_response("503 Service Unavailable", kPlain, "too many scrapes at a time\n");
        // Into the empty buffer of a new socket, or not at all.
        static_cast<void>(
            ::send(socket.native_handle(), busy.data(), busy.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
        return;
    }
    const auto connection = std::make_shared<Connection>(*this, std::move(socket));
    connections_.insert(connection);
    connection->read();
}

} // namespace coax
