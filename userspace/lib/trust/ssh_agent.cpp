// SPDX-License-Identifier: Apache-2.0
#include "lib/trust/ssh_agent.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <fmt/format.h>

#include "lib/trust/wire.h"

namespace coax {
namespace {

// draft-miller-ssh-agent section 5.1
constexpr std::uint8_t kFailure = 5;
constexpr std::uint8_t kRequestIdentities = 11;
constexpr std::uint8_t kIdentitiesAnswer = 12;
constexpr std::uint8_t kSignRequest = 13;
constexpr std::uint8_t kSignResponse = 14;
constexpr std::size_t kAnswerBytesMax = 256 * 1024; // as OpenSSH

Error unexpected_answer(std::uint8_t type) {
    return {ErrorCode::kUnavailable,
            fmt::format("ssh-agent answered with message {}, which was not asked for", type)};
}

Status set_patience(int fd, std::chrono::seconds patience) {
    const timeval time{.tv_sec = patience.count(), .tv_usec = 0};
    for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {
        if (::setsockopt(fd, SOL_SOCKET, option, &time, sizeof(time)) != 0)
            return Error::from_errno("limit the wait for ssh-agent", errno);
    }
    return {};
}

Error lost(int error_number) {
    if (error_number == EAGAIN)
        return {ErrorCode::kUnavailable, "ssh-agent did not answer in time; is the key waiting to "
                                         "be touched or confirmed?"};
    return Error::from_errno("talk to ssh-agent", error_number);
}

Status send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return lost(errno);
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return {};
}

Status receive_all(int fd, std::span<char> bytes) {
    while (!bytes.empty()) {
        const ssize_t got = ::recv(fd, bytes.data(), bytes.size(), 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return lost(errno);
        if (got == 0)
            return Error(ErrorCode::kUnavailable, "ssh-agent closed the connection");
        bytes = bytes.subspan(static_cast<std::size_t>(got));
    }
    return {};
}

} // namespace

Result<std::vector<AgentIdentity>> parse_agent_identities(std::string_view answer) {
    WireReader reader(answer);
    const std::uint8_t type = reader.byte();
    if (type != kIdentitiesAnswer)
        return unexpected_answer(type);
    const std::uint32_t count = reader.uint32();
    std::vector<AgentIdentity> identities;
    for (std::uint32_t i = 0; i < count && !reader.failed(); ++i) {
        const auto key = SshPublicKey::from_blob(reader.string());
        const std::string_view comment = reader.string();
        if (key.ok())
            identities.push_back({*key, std::string(comment)});
    }
    COAX_TRY(reader.finish("answer of ssh-agent"));
    return identities;
}

Result<Ed25519Signature> parse_agent_signature(std::string_view answer) {
    WireReader reader(answer);
    const std::uint8_t type = reader.byte();
    if (type == kFailure)
        return Error(ErrorCode::kPermission,
                     "ssh-agent refused to sign: is it locked, or was the question declined?");
    if (type != kSignResponse)
        return unexpected_answer(type);
    const std::string_view signature = reader.string();
    COAX_TRY(reader.finish("answer of ssh-agent"));
    return parse_signature_blob(signature);
}

Result<SshAgent> SshAgent::connect(const std::string &socket, std::chrono::seconds patience) {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    if (socket.empty() || socket.size() >= sizeof(address.sun_path))
        return Error(ErrorCode::kInvalid,
                     fmt::format("ssh-agent: expected a path of 1 to {} characters in "
                                 "SSH_AUTH_SOCK, found {}; start one with: eval $(ssh-agent)",
                                 sizeof(address.sun_path) - 1, socket.size()));
    std::copy(socket.begin(), socket.end(), address.sun_path);
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd.valid())
        return Error::from_errno("make a socket", errno);
    COAX_TRY(set_patience(fd.get(), patience));
    const auto *generic = static_cast<const sockaddr *>(static_cast<const void *>(&address));
    if (::connect(fd.get(), generic, sizeof(address)) != 0)
        return Error::from_errno("connect to ssh-agent at " + socket, errno);
    return SshAgent(std::move(fd));
}

Result<std::string> SshAgent::ask(std::string_view request) {
    WireWriter framed;
    framed.string(request);
    COAX_TRY(send_all(fd_.get(), framed.bytes()));
    std::array<char, sizeof(std::uint32_t)> header{};
    COAX_TRY(receive_all(fd_.get(), header));
    const std::uint32_t length = WireReader({header.data(), header.size()}).uint32();
    if (length == 0 || length > kAnswerBytesMax)
        return Error(ErrorCode::kUnavailable,
                     fmt::format("ssh-agent announced an answer of {} bytes, expected 1 to {}",
                                 length, kAnswerBytesMax));
    std::string answer(length, '\0');
    COAX_TRY(receive_all(fd_.get(), answer));
    return answer;
}

Result<std::vector<AgentIdentity>> SshAgent::identities() {
    WireWriter request;
    request.byte(kRequestIdentities);
    COAX_ASSIGN_OR_RETURN(const std::string answer, ask(request.bytes()));
    return parse_agent_identities(answer);
}

Result<Ed25519Signature> SshAgent::sign(const SshPublicKey &key, std::string_view message) {
    WireWriter request;
    request.byte(kSignRequest);
    request.string(key.blob());
    request.string(message);
    request.uint32(0); // flags: of RSA only
    COAX_ASSIGN_OR_RETURN(const std::string answer, ask(request.bytes()));
    return parse_agent_signature(answer);
}

Result<AgentSigner> AgentSigner::open(SshAgent agent, const SshPublicKey &key) {
    COAX_ASSIGN_OR_RETURN(const auto identities, agent.identities());
    const bool found = std::any_of(identities.begin(), identities.end(),
                                   [&key](const AgentIdentity &one) { return one.key == key; });
    if (!found)
        return Error(ErrorCode::kNotFound,
                     fmt::format("ssh-agent does not have the key {}; it has {} Ed25519 keys; add "
                                 "it with ssh-add",
                                 key.fingerprint(), identities.size()));
    return AgentSigner(std::move(agent), key);
}

Result<Ed25519Signature> AgentSigner::sign(std::string_view message) {
    COAX_ASSIGN_OR_RETURN(const Ed25519Signature signature, agent_.sign(key_, message));
    if (!key_.verifies(message, signature))
        return Error(ErrorCode::kUnavailable,
                     "ssh-agent gave a signature that does not fit its key");
    return signature;
}

} // namespace coax
