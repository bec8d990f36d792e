// SPDX-License-Identifier: Apache-2.0
#include "unit/wireguard/backend_fixture.h"

#include <filesystem>
#include <stdexcept>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/net/netns.h"

namespace coax::test {
namespace {

constexpr std::uint16_t kPort = 41820;

sockaddr_in v4_address(const std::string &text, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = IpAddress::parse(text).value().v4_be();
    return address;
}

template <typename Address>
const sockaddr *generic(const Address &address) {
    return static_cast<const sockaddr *>(static_cast<const void *>(&address));
}

void must(const Status &status) {
    if (!status.ok())
        throw std::runtime_error(status.error().message());
}

} // namespace

std::vector<const char *> chosen_backend() {
    return {kernel_wireguard_available() ? "kernel" : "userspace"};
}

std::vector<const char *> userspace_if_chosen() {
    if (kernel_wireguard_available())
        return {};
    return {"userspace"};
}

UniqueFd hold_udp_port(int family, std::uint16_t port) {
    UniqueFd fd(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    const int on = 1;
    if (family == AF_INET6)
        ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    const int result = family == AF_INET6 ? ::bind(fd.get(), generic(v6), sizeof(v6))
                                          : ::bind(fd.get(), generic(v4), sizeof(v4));
    return result == 0 ? std::move(fd) : UniqueFd();
}

BackendTest::BackendTest(std::string backend) : backend_(std::move(backend)) {
    std::string name = testing::TempDir() + "coax-run-XXXXXX";
    run_dir_ = ::mkdtemp(name.data());
    links_ = open_links().value();
    wireguard_ = make_backend(*links_);
}

BackendTest::~BackendTest() {
    for (const auto &name : devices_)
        (void)wireguard_->remove_device(name);
    if (b_) {
        const auto guard = NetnsGuard::enter(b_->netns.get());
        (void)b_->wireguard->remove_device(b_->name);
    }
    std::error_code ignored;
    std::filesystem::remove_all(run_dir_, ignored);
}

std::string BackendTest::device_name(const std::string &which) const {
    return "wt" + std::to_string(::getpid()) + which;
}

std::unique_ptr<WireGuard> BackendTest::make_backend(Links &links) const {
    auto made = backend_ == "kernel" ? make_kernel_wireguard(links)
                                     : make_userspace_wireguard(links, run_dir_);
    if (!made.ok())
        throw std::runtime_error(made.error().message());
    return std::move(made).value();
}

std::string BackendTest::ensure(const std::string &which) {
    const std::string name = device_name(which);
    const auto made = wireguard_->ensure_device(name, "coax wt lane 0");
    EXPECT_TRUE(made.ok()) << made.error().message();
    devices_.push_back(name);
    return name;
}

void BackendTest::reconcile(const std::string &name, const WgDeviceConfig &desired,
                            const WgDeviceConfig *previous) {
    const bool reached = poll_until([&] {
        const auto actual = wireguard_->read(name);
        if (!actual.ok()) {
            EXPECT_EQ(actual.error().code(), ErrorCode::kUnavailable) << actual.error().message();
            return false;
        }
        const WgDelta delta = diff(*actual, desired, previous);
        const Status applied = wireguard_->apply(name, delta, key_a_);
        if (!applied.ok()) {
            EXPECT_EQ(applied.error().code(), ErrorCode::kUnavailable) << applied.error().message();
        }
        return delta.empty();
    });
    ASSERT_TRUE(reached);
}

void BackendTest::configure(const End &end, const PrivateKey &key, const WgDeviceConfig &config,
                            const std::string &tunnel_address) {
    must(end.wireguard.apply(end.name, diff(end.wireguard.read(end.name).value(), config, nullptr),
                             key));
    const IfIndex index = end.links.find(end.name).value()->index;
    must(end.links.add_address(index, prefix(tunnel_address)));
    must(end.links.set_up(index, true));
}

void BackendTest::connect_two() {
    b_.emplace();
    b_->netns = OwnNetns::make_other();
    b_->links = open_links_in(b_->netns.get()).value();
    b_->name = device_name("b");
    a_name_ = ensure("a");
    const Link near = links_->create_veth({"wt-a", "wt-b", "", {}, 1500, b_->netns.get()}).value();
    must(links_->add_address(near.index, prefix("192.0.2.1/24")));
    must(links_->set_up(near.index, true));
    must(b_->links->add_address(near.peer, prefix("192.0.2.2/24")));
    must(b_->links->set_up(near.peer, true));

    const PrivateKey key_b = generate_private_key();
    WgDeviceConfig config_a{public_key_of(key_a_), UdpPort(kPort), {}};
    config_a.peers[public_key_of(key_b)] = peer("192.0.2.2:41820", {"100.64.0.2/32"});
    WgDeviceConfig config_b{public_key_of(key_b), UdpPort(kPort), {}};
    config_b.peers[public_key_of(key_a_)] = peer("", {"100.64.0.1/32"});
    configure({*links_, *wireguard_, a_name_}, key_a_, config_a, "100.64.0.1/24");
    must(links_->add_address(links_->find(a_name_).value()->index, prefix("100.64.0.9/24")));

    const auto guard = NetnsGuard::enter(b_->netns.get());
    b_->wireguard = make_backend(*b_->links);
    EXPECT_TRUE(b_->wireguard->ensure_device(b_->name, "coax wt lane 0").ok());
    configure({*b_->links, *b_->wireguard, b_->name}, key_b, config_b, "100.64.0.2/24");
}

void BackendTest::send_through_a(const std::string &source, const std::string &destination) {
    const UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const auto from = v4_address(source, 0);
    const auto to = v4_address(destination, 9);
    ASSERT_EQ(::bind(fd.get(), generic(from), sizeof(from)), 0);
    ASSERT_EQ(::sendto(fd.get(), "x", 1, 0, generic(to), sizeof(to)), 1);
}

} // namespace coax::test
