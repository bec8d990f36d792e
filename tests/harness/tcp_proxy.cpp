// SPDX-License-Identifier: Apache-2.0
#include "harness/tcp_proxy.h"

#include <array>
#include <cerrno>
#include <system_error>
#include <vector>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "harness/bound_port.h"

namespace coax::test {
namespace {

sockaddr_in address_of(const std::string &host, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    ::inet_pton(AF_INET, host.c_str(), &address.sin_addr);
    return address;
}

const sockaddr *generic(const sockaddr_in &address) {
    return reinterpret_cast<const sockaddr *>(&address);
}

UniqueFd make_socket() {
    return UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

bool write_all(int fd, const char *data, std::size_t bytes) {
    while (bytes > 0) {
        const ssize_t written = ::send(fd, data, bytes, MSG_NOSIGNAL);
        if (written <= 0)
            return false;
        data += written;
        bytes -= static_cast<std::size_t>(written);
    }
    return true;
}

} // namespace

TcpProxy::TcpProxy(const std::string &target)
    : target_(target), listener_(make_socket()), wake_(::eventfd(0, EFD_CLOEXEC)) {
    const sockaddr_in address = address_of("127.0.0.1", 0);
    if (::bind(listener_.get(), generic(address), sizeof(address)) != 0 ||
        ::listen(listener_.get(), SOMAXCONN) != 0)
        throw std::system_error(errno, std::generic_category(), "listen");
    port_ = bound_port(listener_.get());
    thread_ = std::thread([this] { run(); });
}

TcpProxy::~TcpProxy() {
    ending_ = true;
    set(Mode::kPass);
    thread_.join();
}

void TcpProxy::set(Mode mode) {
    if (mode == Mode::kPass)
        ++epoch_;
    mode_ = mode;
    const std::uint64_t one = 1;
    (void)!::write(wake_.get(), &one, sizeof(one));
}

void TcpProxy::run() {
    while (!ending_) {
        std::erase_if(pairs_, [&](const Pair &pair) { return pair.epoch != epoch_; });
        std::vector<pollfd> waiting = {{wake_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
        for (const auto &pair : pairs_) {
            waiting.push_back({pair.client.get(), POLLIN, 0});
            waiting.push_back({pair.server.get(), POLLIN, 0});
        }
        if (::poll(waiting.data(), waiting.size(), -1) < 0)
            continue;
        std::uint64_t count = 0;
        if (waiting[0].revents != 0)
            (void)!::read(wake_.get(), &count, sizeof(count));
        std::size_t place = 2;
        for (auto it = pairs_.begin(); it != pairs_.end(); place += 2) {
            const bool goes_on = (waiting[place].revents == 0 ||
                                  pass(it->client, it->server, Mode::kLoseRequests)) &&
                                 (waiting[place + 1].revents == 0 ||
                                  pass(it->server, it->client, Mode::kLoseReplies));
            it = goes_on ? std::next(it) : pairs_.erase(it);
        }
        if (waiting[1].revents != 0)
            accept_one();
    }
}

void TcpProxy::accept_one() {
    Pair pair{UniqueFd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)), make_socket(),
              epoch_};
    const auto colon = target_.find(':');
    const sockaddr_in address = address_of(
        target_.substr(0, colon), static_cast<std::uint16_t>(std::stoi(target_.substr(colon + 1))));
    if (pair.client.valid() && ::connect(pair.server.get(), generic(address), sizeof(address)) == 0)
        pairs_.push_back(std::move(pair));
}

bool TcpProxy::pass(const UniqueFd &from, const UniqueFd &to, Mode losing) const {
    std::array<char, 65536> buffer{};
    const ssize_t got = ::read(from.get(), buffer.data(), buffer.size());
    if (got <= 0)
        return false;
    return mode_ == losing || write_all(to.get(), buffer.data(), static_cast<std::size_t>(got));
}

} // namespace coax::test
