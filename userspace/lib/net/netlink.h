// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <linux/netlink.h>

#include "lib/base/result.h"

struct nl_msg;
struct nl_sock;

namespace coax {

/// One netlink request under construction; attributes are appended in order.
/// Failure: an attribute that does not fit makes the request refuse to be sent.
class NetlinkRequest {
  public:
    NetlinkRequest(std::uint16_t type, std::uint16_t flags, std::size_t capacity_bytes = 4096);
    NetlinkRequest(NetlinkRequest &&) noexcept = default;
    NetlinkRequest(const NetlinkRequest &) = delete;
    NetlinkRequest &operator=(const NetlinkRequest &) = delete;
    NetlinkRequest &operator=(NetlinkRequest &&) = delete;
    ~NetlinkRequest(); // wipes the content: it may hold a private key

    /// The fixed struct after the netlink header (ifinfomsg, ifaddrmsg, genlmsghdr), or within a nest.
    template <typename Header>
    requires std::is_trivially_copyable_v<Header>
    void append(const Header &header) { append_bytes(&header, sizeof(header)); }

    void put(int attribute, std::span<const std::uint8_t> value);
    void put_string(int attribute, std::string_view value); // zero-terminated on the wire
    template <typename T>
    requires std::is_trivially_copyable_v<T>
    void put_value(int attribute, const T &value) { put_bytes(attribute, &value, sizeof(value)); }

    void begin(int attribute); // nests; ended in reverse order by end()
    void end();

    [[nodiscard]] std::size_t size_bytes() const;
    [[nodiscard]] bool fits() const { return fits_; }
    [[nodiscard]] nl_msg *raw() { return message_.get(); }

  private:
    struct Deleter {
        void operator()(nl_msg *message) const;
    };
    void append_bytes(const void *data, std::size_t size);
    void put_bytes(int attribute, const void *data, std::size_t size);

    std::unique_ptr<nl_msg, Deleter> message_;
    std::vector<nlattr *> open_nests_;
    bool fits_ = true;
};

/// Attributes of one level of a reply, by type. Views into the reply.
class NetlinkAttributes {
  public:
    NetlinkAttributes(std::span<const std::uint8_t> data, int highest_type);

    [[nodiscard]] bool has(int type) const { return !get(type).empty() || present(type); }
    [[nodiscard]] std::span<const std::uint8_t> get(int type) const; // empty when absent
    [[nodiscard]] std::string get_string(int type) const;
    /// Zero when absent; a shorter attribute (older kernel) fills the front of T.
    template <typename T>
    requires std::is_trivially_copyable_v<T>
    [[nodiscard]] T get_value(int type) const {
        T value{};
        const auto bytes = get(type);
        if (!bytes.empty())
            std::memcpy(&value, bytes.data(), std::min(bytes.size(), sizeof(value)));
        return value;
    }

  private:
    [[nodiscard]] bool present(int type) const;
    std::vector<const nlattr *> table_;
};

/// Payloads of the attributes in a nested list (array), in order.
std::vector<std::span<const std::uint8_t>> netlink_list(std::span<const std::uint8_t> nest);

/// One message of an answer, without the netlink header.
struct NetlinkReply {
    std::uint16_t type = 0;
    std::vector<std::uint8_t> payload;

    /// The fixed struct in front; zero when the payload is too short.
    template <typename Header>
    requires std::is_trivially_copyable_v<Header>
    [[nodiscard]] Header header() const {
        Header value{};
        if (payload.size() >= sizeof(value))
            std::memcpy(&value, payload.data(), sizeof(value));
        return value;
    }
    /// Attributes after a fixed struct of `header_bytes`.
    [[nodiscard]] NetlinkAttributes attributes(std::size_t header_bytes, int highest_type) const;
};

/// What the kernel said.
struct NetlinkAnswer {
    int error_number = 0;    // 0 = done
    std::string explanation; // extended acknowledgement; may be empty
    std::vector<NetlinkReply> replies;

    /// Ok, or an error that names `what` and what the kernel explained.
    [[nodiscard]] Status status(std::string_view what) const;
};

/// A blocking netlink socket of the namespace the calling thread is in when it is opened.
/// Threading: one thread. Failure: no answer within two seconds is kUnavailable.
class NetlinkSocket {
  public:
    static Result<NetlinkSocket> open(int protocol);

    /// Sends and reads until the acknowledgement or the end of the dump. An Error is a failure of
    /// the transport; the kernel's verdict is in the answer. A dump that changed underneath is redone.
    Result<NetlinkAnswer> transact(NetlinkRequest &request);

    /// transact() for a change: the verdict as a status that names `what`.
    Status change(NetlinkRequest &request, std::string_view what);

    /// For ioctls about interfaces of its namespace.
    [[nodiscard]] int fd() const;

  private:
    struct Deleter {
        void operator()(nl_sock *socket) const;
    };
    explicit NetlinkSocket(nl_sock *socket) : socket_(socket) {}
    Status send(NetlinkRequest &request);
    Result<bool> receive_into(NetlinkAnswer &answer, bool &interrupted);

    std::unique_ptr<nl_sock, Deleter> socket_;
    std::uint32_t sequence_ = 0;
};

} // namespace coax
