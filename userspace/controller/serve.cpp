// SPDX-License-Identifier: Apache-2.0
#include "controller/serve.h"

#include <array>
#include <memory>
#include <utility>

#include <unistd.h>

#include <fmt/format.h>

#include "controller/anchors.h"
#include "controller/api/operators_service.h"
#include "controller/api/registry_desk.h"
#include "controller/controller.h"
#include "controller/distribution/applied.h"
#include "controller/init.h"
#include "controller/open_store.h"
#include "controller/registry/cluster.h"
#include "controller/version.h"
#include "lib/base/file.h"
#include "lib/trust/ssh_private_key.h"

namespace coax::controller {
namespace {

constexpr std::uint32_t kRunDirMode = 0755; // the socket in it is not for everybody
constexpr std::size_t kHostNameMax = 64;
constexpr std::size_t kAuditLinesKept = 100'000;

std::string name_of(const ControllerConfig &config) {
    if (!config.name.empty())
        return config.name;
    std::array<char, kHostNameMax + 1> host{};
    return ::gethostname(host.data(), kHostNameMax) == 0 ? host.data() : "controller";
}

Result<std::unique_ptr<Signer>> auto_ca(const ControllerConfig &config) {
    if (config.auto_admit.empty())
        return std::unique_ptr<Signer>();
    auto key = SshPrivateKey::load(config.auto_admit);
    if (!key.ok())
        return key.error().with_context("controller.auto_admit");
    return std::unique_ptr<Signer>(std::make_unique<SshPrivateKey>(std::move(key).value()));
}

Result<UniqueFd> open_metrics(const ListenAddress &listen) {
    if (!listen.address)
        return UniqueFd();
    auto listener = listen_tcp(*listen.address);
    if (!listener.ok())
        return listener.error().with_context(
            "metrics.listen: expected a free address of this machine");
    return listener;
}

/// What only this process knows.
void describe(const ControllerState &state, v1::ControllerStatus &status) {
    status.set_store_error(state.store_error);
    status.set_agents(static_cast<std::uint32_t>(state.hub.agents));
}

} // namespace

Result<std::string> check(const std::filesystem::path &folder, const ControllerConfig &config) {
    const SystemClock clock;
    COAX_TRY(load_tls_identity(folder, clock));
    COAX_TRY(auto_ca(config));
    const auto anchors = TrustAnchors::load(folder / kTrustAnchorsFile);
    std::string listen;
    for (const ListenAddress &address : config.listen)
        listen += " " + address.to_string();
    return fmt::format("controller {} of network {}\nlisten:{}\nstore: {}\nCAs: {}\n",
                       name_of(config), config.network_id, listen, describe_store(config, folder),
                       anchors.ok() ? anchors->to_string()
                                    : "none, nothing is admitted: " + anchors.error().message());
}

Status serve(const std::filesystem::path &folder, const ControllerConfig &config) {
    COAX_ASSIGN_OR_RETURN(const LogLevel level, parse_log_level(config.log_level));
    const Log log = Log::to_stderr(level);
    const SystemClock clock;
    const ServiceManager service = ServiceManager::of_this_process();
    const std::string name = name_of(config);

    COAX_ASSIGN_OR_RETURN(const TlsIdentity identity, load_tls_identity(folder, clock));
    COAX_ASSIGN_OR_RETURN(std::unique_ptr<Signer> ca, auto_ca(config));
    COAX_TRY(ensure_directory(config.run_dir, kRunDirMode));
    COAX_ASSIGN_OR_RETURN(UniqueFd metrics, open_metrics(config.metrics_listen));
    COAX_ASSIGN_OR_RETURN(const std::unique_ptr<Store> opened,
                          open_store(config, folder, clock, log));
    MeteredStore store(*opened, clock);

    Writer writer(store, clock, name, kAuditLinesKept);
    AnchorsFile anchors(folder / kTrustAnchorsFile, log);
    const auto anchors_now = [&] { return anchors.now(); };
    Admissions admissions(writer, anchors_now, {config.require_token, std::move(ca)});
    NodeRegistry nodes(writer);
    RevocationRegistry revocations(writer);
    RegistryDesk desk({admissions, nodes, revocations, anchors_now, log},
                      {config.network_id, config.vtep_pool.to_string(), config.advertise,
                       config.alive, config.lease});
    const auto open = [&]() -> Status {
        const auto cluster = open_cluster(writer, config.network_id, config.vtep_pool);
        return cluster.ok() ? Status() : Status(cluster.error());
    };
    Controller controller(
        {config, name, identity, store, desk, open, clock, log, service, std::move(metrics)});
    const auto started_at =
        std::chrono::duration_cast<std::chrono::seconds>(clock.system_now().time_since_epoch());
    const auto local_status = [&](v1::ControllerStatus &status) {
        status.set_controller(name);
        status.set_version(std::string(version()));
        status.set_store(describe_store(config, folder));
        status.set_started_at(static_cast<std::uint64_t>(started_at.count()));
        controller.on_loop([&] { describe(controller.state(), status); });
    };
    const auto raise = [&](v1::Nodes &listed) {
        controller.on_loop([&] { raise_applied(controller.keeper().view(), listed); });
    };
    Operators operators(writer, admissions, anchors_now,
                        {config.advertise, identity.certificate_der, local_status, raise});
    OperatorsFile operators_file(folder / kOperatorsFile);
    Sessions sessions(clock, operators_file, {config.network_id, identity.certificate_der, name});
    const auto over_tls = make_operators_service(operators, sessions, log);
    COAX_ASSIGN_OR_RETURN(
        const auto socket,
        OperatorsSocket::start(operators, config.run_dir + "/controller.sock", log));
    return controller.run({over_tls.get()});
}

} // namespace coax::controller
