// SPDX-License-Identifier: Apache-2.0
#include "harness/bpf_run_net.h"

#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <netlink/route/link/veth.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <system_error>

namespace coax::test {

namespace {

constexpr std::size_t kFrameMax = 128UL * 1024;

std::string text_of(int error) {
    return std::generic_category().message(error);
}

[[noreturn]] void fail(const char *what, const std::string &why) {
    std::fprintf(stderr, "%s: %s (the bpf tests need root)\n", what, why.c_str());
    std::abort();
}

void check(bool good, const char *what) {
    if (!good)
        fail(what, text_of(errno));
}

void check_nl(int code, const char *what) {
    if (code < 0)
        fail(what, nl_geterror(code));
}

Fd open_own_netns() {
    Fd fd(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    check(fd.get() >= 0, "open /proc/thread-self/ns/net");
    return fd;
}

void write_file(const char *path, const char *text) {
    const Fd fd(open(path, O_WRONLY | O_CLOEXEC));
    if (fd.get() < 0) // a kernel without IPv6
        return;
    check(write(fd.get(), text, std::strlen(text)) > 0, path);
}

/// Enters `netns` (-1: stays) until destruction.
class Enter {
  public:
    explicit Enter(int netns) : netns_(netns) {
        if (netns_ < 0)
            return;
        outer_ = open_own_netns();
        check(setns(netns_, CLONE_NEWNET) == 0, "setns");
    }
    ~Enter() {
        if (netns_ >= 0)
            check(setns(outer_.get(), CLONE_NEWNET) == 0, "setns back");
    }
    Enter(const Enter &) = delete;
    Enter &operator=(const Enter &) = delete;

  private:
    int netns_;
    Fd outer_;
};

struct FreeSocket {
    void operator()(nl_sock *socket) const { nl_socket_free(socket); }
};
struct PutLink {
    void operator()(rtnl_link *link) const { rtnl_link_put(link); }
};
using NlSocket = std::unique_ptr<nl_sock, FreeSocket>;
using Link = std::unique_ptr<rtnl_link, PutLink>;

NlSocket connect_route() {
    NlSocket socket(nl_socket_alloc());
    check_nl(nl_connect(socket.get(), NETLINK_ROUTE), "netlink socket");
    return socket;
}

std::uint32_t bring_up(const std::string &name) {
    const NlSocket socket = connect_route();
    rtnl_link *found = nullptr;
    check_nl(rtnl_link_get_kernel(socket.get(), 0, name.c_str(), &found), name.c_str());
    const Link link(found);
    const Link change(rtnl_link_alloc());
    rtnl_link_set_flags(change.get(), IFF_UP);
    check_nl(rtnl_link_change(socket.get(), link.get(), change.get(), 0), "link up");
    return static_cast<std::uint32_t>(rtnl_link_get_ifindex(link.get()));
}

/// Waits until the kernel's link watch has given the device its queue: before, frames vanish.
void wait_until_running(const std::string &name) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    const NlSocket socket = connect_route();
    while (std::chrono::steady_clock::now() < deadline) {
        rtnl_link *found = nullptr;
        check_nl(rtnl_link_get_kernel(socket.get(), 0, name.c_str(), &found), name.c_str());
        const Link link(found);
        if (rtnl_link_get_operstate(link.get()) == IF_OPER_UP)
            return;
        poll(nullptr, 0, 1);
    }
    fail(name.c_str(), "not operational after 10 s");
}

/// struct virtio_net_hdr; its header is not C++.
struct VnetHeader {
    std::uint8_t flags;
    std::uint8_t gso_type;
    std::uint16_t header_bytes;
    std::uint16_t gso_size;
    std::uint16_t checksum_start;
    std::uint16_t checksum_offset;
};
static_assert(sizeof(VnetHeader) == 10);
constexpr std::uint8_t kVnetNeedsChecksum = 1;
constexpr std::uint8_t kVnetTcpV4 = 1;
constexpr std::uint8_t kVnetTcpV6 = 4;

/// The tag the kernel took out of the frame, from the auxiliary data; 0 in `tpid` when none.
struct Tag {
    std::uint16_t tci = 0;
    std::uint16_t tpid = 0;
};
Tag stripped_tag(msghdr &message) {
    for (cmsghdr *c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA)
            continue;
        tpacket_auxdata aux{};
        std::memcpy(&aux, CMSG_DATA(c), sizeof(aux));
        if ((aux.tp_status & TP_STATUS_VLAN_VALID) != 0)
            return {.tci = aux.tp_vlan_tci, .tpid = aux.tp_vlan_tpid};
    }
    return {};
}

} // namespace

Fd &Fd::operator=(Fd &&other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

Fd::~Fd() {
    if (fd_ >= 0)
        close(fd_);
}

int Fd::release() {
    const int fd = fd_;
    fd_ = -1;
    return fd;
}

ScratchNetns::ScratchNetns() : outer_(open_own_netns()) {
    check(unshare(CLONE_NEWNET) == 0, "unshare(CLONE_NEWNET)");
    self_ = open_own_netns();
    write_file("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
    bring_up("lo");
}

ScratchNetns::~ScratchNetns() {
    check(setns(outer_.get(), CLONE_NEWNET) == 0, "setns back");
}

Fd make_netns() {
    const ScratchNetns made;
    return Fd(fcntl(made.fd(), F_DUPFD_CLOEXEC, 0));
}

VethPair add_veth(const std::string &name, int far_netns, const std::optional<Mac> &far_mac) {
    const std::string peer = name + "-far";
    VethPair pair;
    {
        const NlSocket socket = connect_route();
        const Link link(rtnl_link_veth_alloc());
        rtnl_link_set_name(link.get(), name.c_str());
        rtnl_link *far = rtnl_link_veth_get_peer(link.get());
        rtnl_link_set_name(far, peer.c_str());
        if (far_netns >= 0)
            rtnl_link_set_ns_fd(far, far_netns);
        if (far_mac) {
            nl_addr *address = nl_addr_build(AF_UNSPEC, far_mac->data(), far_mac->size());
            rtnl_link_set_addr(far, address);
            nl_addr_put(address);
        }
        check_nl(rtnl_link_add(socket.get(), link.get(), NLM_F_CREATE | NLM_F_EXCL), "veth");
        rtnl_link_put(far);
    }
    pair.near = bring_up(name);
    {
        const Enter enter(far_netns);
        pair.far = bring_up(peer);
        wait_until_running(peer);
    }
    wait_until_running(name);
    return pair;
}

void set_mtu(std::uint32_t ifindex, int mtu) {
    const Fd any(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    request.ifr_ifindex = static_cast<int>(ifindex);
    check(ioctl(any.get(), SIOCGIFNAME, &request) == 0, "name of a device");
    request.ifr_mtu = mtu;
    check(ioctl(any.get(), SIOCSIFMTU, &request) == 0, "MTU");
}

PacketSocket::PacketSocket(std::uint32_t ifindex, int netns) {
    const Enter enter(netns);
    fd_ = Fd(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    check(fd_.get() >= 0, "packet socket");
    const int on = 1;
    check(setsockopt(fd_.get(), SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)) == 0, "auxdata");
    check(setsockopt(fd_.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) == 0,
          "ignore outgoing");
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    address.sll_ifindex = static_cast<int>(ifindex);
    check(bind(fd_.get(), reinterpret_cast<const sockaddr *>(&address), sizeof(address)) == 0,
          "bind packet socket");
}

void PacketSocket::send(const Bytes &frame) const {
    check(::send(fd_.get(), frame.data(), frame.size(), 0) == static_cast<ssize_t>(frame.size()),
          "send frame");
}

std::optional<Bytes> PacketSocket::receive(std::chrono::milliseconds timeout) const {
    auto received = receive_more(timeout);
    if (!received)
        return std::nullopt;
    return std::move(received->frame);
}

std::optional<PacketSocket::Received>
PacketSocket::receive_more(std::chrono::milliseconds timeout) const {
    pollfd wait{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    if (poll(&wait, 1, static_cast<int>(timeout.count())) <= 0)
        return std::nullopt;
    Bytes frame(kFrameMax);
    sockaddr_ll from{};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(tpacket_auxdata))> control{};
    iovec vector{.iov_base = frame.data(), .iov_len = frame.size()};
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof(from);
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t got = recvmsg(fd_.get(), &message, 0);
    check(got >= 0, "receive frame");
    frame.resize(static_cast<std::size_t>(got));
    if (const Tag tag = stripped_tag(message); tag.tpid != 0 && frame.size() >= 12) {
        const std::array<std::uint8_t, 4> bytes = {
            static_cast<std::uint8_t>(tag.tpid >> 8U), static_cast<std::uint8_t>(tag.tpid & 0xffU),
            static_cast<std::uint8_t>(tag.tci >> 8U), static_cast<std::uint8_t>(tag.tci & 0xffU)};
        frame.insert(frame.begin() + 12, bytes.begin(), bytes.end());
    }
    return Received{.frame = std::move(frame),
                    .protocol = ntohs(from.sll_protocol),
                    .for_host = from.sll_pkttype == PACKET_HOST};
}

void send_super_packet(std::uint32_t ifindex, const SuperPacket &packet) {
    const Fd fd(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
    check(fd.get() >= 0, "packet socket");
    const int on = 1;
    check(setsockopt(fd.get(), SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)) == 0, "vnet header");
    const VnetHeader header{.flags = kVnetNeedsChecksum,
                            .gso_type = packet.v6 ? kVnetTcpV6 : kVnetTcpV4,
                            .header_bytes = static_cast<std::uint16_t>(packet.tcp_offset + 20),
                            .gso_size = packet.gso_size,
                            .checksum_start = packet.tcp_offset,
                            .checksum_offset = 16};
    Bytes message(sizeof(header));
    std::memcpy(message.data(), &header, sizeof(header));
    message.insert(message.end(), packet.frame.begin(), packet.frame.end());
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_ifindex = static_cast<int>(ifindex);
    check(sendto(fd.get(), message.data(), message.size(), 0,
                 reinterpret_cast<const sockaddr *>(&to),
                 sizeof(to)) == static_cast<ssize_t>(message.size()),
          "send super-packet");
}

void disable_offloads(const std::string &name) {
    const Fd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    check(fd.get() >= 0, "socket");
    for (const std::uint32_t command : {ETHTOOL_STSO, ETHTOOL_STXCSUM}) {
        ethtool_value off{.cmd = command, .data = 0};
        ifreq request{};
        name.copy(request.ifr_name, IFNAMSIZ - 1);
        request.ifr_data = reinterpret_cast<char *>(&off);
        check(ioctl(fd.get(), SIOCETHTOOL, &request) == 0, "switch offloads off");
    }
}

void attach_tc_ingress(std::uint32_t ifindex, int program_fd) {
    bpf_tc_hook hook{};
    hook.sz = sizeof(hook);
    hook.ifindex = static_cast<int>(ifindex);
    hook.attach_point = BPF_TC_INGRESS;
    const int created = bpf_tc_hook_create(&hook);
    if (created != 0 && created != -EEXIST)
        fail("clsact", text_of(-created));
    bpf_tc_opts options{};
    options.sz = sizeof(options);
    options.prog_fd = program_fd;
    if (const int attached = bpf_tc_attach(&hook, &options); attached != 0)
        fail("attach TC program", text_of(-attached));
}

} // namespace coax::test
