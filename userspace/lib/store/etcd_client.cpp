// SPDX-License-Identifier: Apache-2.0
#include "lib/store/etcd_client.h"

#include <algorithm>

#include <sodium.h>

#include <fmt/format.h>

#include "lib/base/file.h"
#include "lib/store/etcd_pause.h"

namespace coax {
namespace {

using Steady = std::chrono::steady_clock;
using Kind = EtcdFault::Kind;

constexpr std::size_t kPemMaxBytes = 1024 * 1024;
constexpr std::size_t kPasswordMaxBytes = 4096;
constexpr int kRenewalsMax = 3;   // a token is refused so often in one call, then it is an answer
constexpr int kOldAnswersMax = 3; // then they are the truth
constexpr int kReconnectFromMs = 100; // gRPC waits up to two minutes where it is not told
constexpr int kReconnectToMs = 1000;
constexpr std::string_view kHttps = "https://";

grpc::ChannelArguments channel_arguments() {
    grpc::ChannelArguments arguments;
    // A connection of its own: one that is made again reads the certificates again.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kReconnectFromMs);
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kReconnectToMs);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kReconnectToMs);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    arguments.SetMaxReceiveMessageSize(-1); // a watch may have much to tell at once
    return arguments;
}

void wipe(std::string &text) {
    sodium_memzero(text.data(), text.size());
}

Result<std::string> read_password(const std::filesystem::path &path) {
    COAX_ASSIGN_OR_RETURN(std::string content, read_file(path, kPasswordMaxBytes));
    std::string password = content.substr(0, content.find_first_of("\r\n"));
    wipe(content);
    return password;
}

} // namespace

std::chrono::system_clock::time_point wall_time_of(EtcdClient::Deadline deadline) {
    return std::chrono::system_clock::now() +
           std::chrono::duration_cast<std::chrono::system_clock::duration>(deadline -
                                                                           Steady::now());
}

EtcdClient::EtcdClient(EtcdOptions options, Log log)
    : options_(std::move(options)), log_(std::move(log)) {
    // Not all clients the same first.
    const auto first = randombytes_uniform(static_cast<std::uint32_t>(options_.endpoints.size()));
    place_.with([&](Place &place) { place.index = first; });
}

EtcdClient::Deadline EtcdClient::call_deadline() const {
    return Steady::now() + options_.call_timeout;
}

EtcdClient::Deadline EtcdClient::attempt_deadline(Deadline deadline) const {
    return std::min(deadline, Steady::now() + options_.attempt_timeout);
}

EtcdClient::Outcome EtcdClient::run(const Attempt &attempt, Deadline deadline) {
    Outcome outcome;
    EtcdPause pause;
    std::optional<Error> why; // what says more than that the time was over
    int renewals = 0;
    for (;;) {
        auto asked = member();
        if (!asked.ok())
            return {EtcdFault{Kind::kFinal, asked.error()}, outcome.in_doubt};
        outcome.fault = attempt_once(attempt, deadline, **asked);
        if (!outcome.fault)
            return outcome;
        if (outcome.fault->kind == Kind::kRenewToken) {
            forget_token();
            if (options_.username.empty() || ++renewals >= kRenewalsMax)
                return outcome;
            continue;
        }
        if (outcome.fault->kind != Kind::kElsewhere)
            return outcome;
        outcome.in_doubt = true;
        leave(**asked, outcome.fault->error);
        if (!why || !outcome.fault->timed_out)
            why = outcome.fault->error.with_context((*asked)->endpoint);
        if (Steady::now() >= deadline) {
            outcome.fault->error = Error(ErrorCode::kUnavailable,
                                         "no member of etcd answered in time; " + why->message());
            return outcome;
        }
        pause.wait(deadline);
    }
}

Status EtcdClient::ask(const Attempt &attempt, Deadline deadline) {
    const Outcome outcome = run(attempt, deadline);
    if (outcome.fault)
        return outcome.fault->error;
    return {};
}

std::optional<EtcdFault> EtcdClient::attempt_once(const Attempt &attempt, Deadline deadline,
                                                  const EtcdMember &member) {
    grpc::ClientContext context;
    const auto until = attempt_deadline(deadline);
    context.set_deadline(wall_time_of(until));
    if (auto fault = introduce(member, context, until))
        return fault;
    const grpc::Status status = attempt(member, context);
    if (status.ok())
        return std::nullopt;
    EtcdFault fault = etcd_fault(status);
    // A member that has not come as far as the token says waits with it; after a wipe, for ever.
    if (fault.timed_out)
        forget_token();
    return fault;
}

EtcdClient::Outcome EtcdClient::range(const etcdserverpb::RangeRequest &request,
                                      etcdserverpb::RangeResponse &response, Deadline deadline) {
    int old_answers = 0;
    const auto attempt = [&](const EtcdMember &member, grpc::ClientContext &context) {
        response.Clear();
        const Seen before = seen_.with([](const Seen &seen) { return seen; });
        grpc::Status status = member.kv->Range(&context, request, &response);
        if (!status.ok())
            return status;
        const Seen now{response.header().cluster_id(), response.header().revision()};
        const bool old = now.cluster == before.cluster && now.revision < before.revision;
        if (old && ++old_answers < kOldAnswersMax)
            return grpc::Status(grpc::StatusCode::UNAVAILABLE, "an answer older than one before");
        seen_.with([&](Seen &seen) {
            const bool older = now.cluster == seen.cluster && now.revision < seen.revision;
            if (old || !older)
                seen = now;
        });
        return status;
    };
    return run(attempt, deadline);
}

Result<std::shared_ptr<const EtcdMember>> EtcdClient::member() {
    return place_.with([&](Place &place) -> Result<std::shared_ptr<const EtcdMember>> {
        if (!place.member) {
            COAX_ASSIGN_OR_RETURN(place.member, connect(place.index));
        }
        return place.member;
    });
}

void EtcdClient::leave(const EtcdMember &member, const Error &why) {
    const bool moved = place_.with([&](Place &place) {
        if (place.member.get() != &member)
            return false;
        place.index = (place.index + 1) % options_.endpoints.size();
        place.member.reset();
        return true;
    });
    if (moved)
        log_.debug("etcd.member.left", {{"endpoint", member.endpoint}, {"why", why.message()}});
}

Result<std::shared_ptr<const EtcdMember>> EtcdClient::connect(std::size_t index) const {
    const std::string &endpoint = options_.endpoints[index];
    const bool tls = endpoint.starts_with(kHttps);
    auto how = grpc::InsecureChannelCredentials();
    if (tls) {
        COAX_ASSIGN_OR_RETURN(how, credentials());
    }
    const std::string address = endpoint.substr(endpoint.find("//") + 2);
    const auto channel = grpc::CreateCustomChannel(address, how, channel_arguments());
    auto member = std::make_shared<EtcdMember>();
    member->endpoint = endpoint;
    member->kv = etcdserverpb::KV::NewStub(channel);
    member->watch = etcdserverpb::Watch::NewStub(channel);
    member->lease = etcdserverpb::Lease::NewStub(channel);
    member->auth = etcdserverpb::Auth::NewStub(channel);
    return std::shared_ptr<const EtcdMember>(std::move(member));
}

Result<std::shared_ptr<grpc::ChannelCredentials>> EtcdClient::credentials() const {
    grpc::SslCredentialsOptions tls;
    if (!options_.ca_file.empty()) {
        COAX_ASSIGN_OR_RETURN(tls.pem_root_certs, read_file(options_.ca_file, kPemMaxBytes));
    }
    if (!options_.certificate_file.empty()) {
        COAX_ASSIGN_OR_RETURN(tls.pem_cert_chain,
                              read_file(options_.certificate_file, kPemMaxBytes));
        COAX_ASSIGN_OR_RETURN(tls.pem_private_key, read_file(options_.key_file, kPemMaxBytes));
    }
    auto made = grpc::SslCredentials(tls);
    wipe(tls.pem_private_key);
    return made;
}

std::optional<EtcdFault> EtcdClient::introduce(const EtcdMember &member,
                                               grpc::ClientContext &context, Deadline deadline) {
    context.AddMetadata("hasleader", "true");
    if (options_.username.empty())
        return std::nullopt;
    const auto current = [](const std::string &token) { return token; };
    std::string token = token_.with(current);
    if (token.empty()) {
        if (auto fault = authenticate(member, deadline))
            return fault;
        token = token_.with(current);
    }
    context.AddMetadata("token", token);
    return std::nullopt;
}

std::optional<EtcdFault> EtcdClient::authenticate(const EtcdMember &member, Deadline deadline) {
    auto password = read_password(options_.password_file);
    if (!password.ok())
        return EtcdFault{Kind::kFinal, password.error()};
    grpc::ClientContext context;
    context.set_deadline(wall_time_of(deadline));
    etcdserverpb::AuthenticateRequest request;
    request.set_name(options_.username);
    request.set_password(*password);
    etcdserverpb::AuthenticateResponse response;
    const grpc::Status status = member.auth->Authenticate(&context, request, &response);
    wipe(*request.mutable_password());
    wipe(*password);
    if (!status.ok())
        return etcd_fault(status);
    token_.with([&](std::string &token) { token = response.token(); });
    return std::nullopt;
}

void EtcdClient::forget_token() {
    token_.with([](std::string &token) { token.clear(); });
}

} // namespace coax
