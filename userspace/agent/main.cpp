// SPDX-License-Identifier: Apache-2.0
#include <exception>
#include <iostream>
#include <variant>

#include <sys/stat.h>

#include "agent/command_line.h"
#include "agent/daemon.h"
#include "agent/guard/guard_loop.h"
#include "agent/metrics/exporter.h"
#include "agent/preflight/environment.h"
#include "agent/preflight/preflight.h"
#include "agent/summary.h"
#include "lib/base/file.h"
#include "lib/bpf/kernel_check.h"
#include "lib/config/config.h"
#include "lib/process/service_manager.h"

namespace coax {
namespace {

constexpr mode_t kUmask = 0077;      // what we create is root's unless it says otherwise
constexpr mode_t kRunDirMode = 0755; // the socket in it is for a group, too

Status check_only(const CommandLine &line, const DesiredState &state) {
    COAX_ASSIGN_OR_RETURN(const std::unique_ptr<Links> links, open_links());
    COAX_TRY(check_environment(state, *links, {}, ConfigLocator(line.config_path)));
    std::cout << summary_of(state, *links);
    return {};
}

Status make_directories(const DesiredState &state) {
    COAX_TRY(ensure_directory(state.agent.run_dir, kRunDirMode));
    return ensure_directory(state.agent.state_dir, 0700);
}

DatapathOptions datapath_options(const CommandLine &line, const DesiredState &state) {
    return {state.node.instance,
            {state.overlay.fdb_entries, state.overlay.member_entries, state.overlay.guard_entries},
            line.accept_other_abi};
}

Status run_guard(const CommandLine &line, const DesiredStatePtr &state) {
    COAX_ASSIGN_OR_RETURN(const LogLevel level, parse_log_level(state->agent.log_level));
    const Log log = Log::to_stderr(level);
    COAX_ASSIGN_OR_RETURN(const std::unique_ptr<Links> links, open_links());
    COAX_TRY(ensure_directory(state->agent.run_dir, kRunDirMode));
    const auto with_datapath = [&](const std::function<Status(Datapath &)> &use) -> Status {
        COAX_ASSIGN_OR_RETURN(const auto datapath, open_datapath(datapath_options(line, *state)));
        return use(*datapath);
    };
    const auto load = [&]() -> Result<DesiredStatePtr> {
        COAX_ASSIGN_OR_RETURN(DesiredStatePtr next, load_config(line.config_path));
        COAX_TRY(ConfigLocator(line.config_path).locate(check_reloadable(*state, *next)));
        return next;
    };
    BootGuard guard({state, *links, with_datapath,
                     [&] { return datapath_is_pinned(state->node.instance); }, log});
    return run_guard_loop(guard, load, ServiceManager::of_this_process(), log);
}

Status run_agent(const CommandLine &line, const DesiredStatePtr &state) {
    COAX_ASSIGN_OR_RETURN(const LogLevel level, parse_log_level(state->agent.log_level));
    const Log log = Log::to_stderr(level);
    const SystemClock clock;
    const ServiceManager service = ServiceManager::of_this_process();
    const ConfigLocator config(line.config_path);

    COAX_ASSIGN_OR_RETURN(const KernelFacts kernel, probe_kernel());
    COAX_TRY(judge_kernel(kernel));
    COAX_ASSIGN_OR_RETURN(const std::unique_ptr<Links> links, open_links());
    COAX_TRY(check_environment(*state, *links, {}, config));
    COAX_TRY(make_directories(*state));
    COAX_ASSIGN_OR_RETURN(const InstanceLock lock, InstanceLock::take(state->agent.run_dir));
    COAX_TRY(check_device_names(*state, *links));
    COAX_TRY(config.locate(check_udp_ports(*state, *links, nullptr)));
    COAX_ASSIGN_OR_RETURN(UniqueFd metrics,
                          config.locate(open_metrics_listener(state->metrics.listen)));
    Keyring keys(state->agent.state_dir + "/keys", clock);
    COAX_TRY(keys.ensure(state->wireguard.lanes));
    COAX_ASSIGN_OR_RETURN(ChosenBackend backend, choose_backend(*state, *links));
    COAX_ASSIGN_OR_RETURN(const auto namespaces, SystemNamespaces::create());
    COAX_ASSIGN_OR_RETURN(const std::unique_ptr<Datapath> datapath,
                          open_datapath(datapath_options(line, *state)));
    Memory memory(state->agent.run_dir + "/configured.json");
    memory.load();

    COAX_ASSIGN_OR_RETURN(const std::unique_ptr<TunnelSender> sender, open_tunnel_sender());
    Reconciler reconciler({*links, *namespaces, *backend.wireguard, *datapath, keys, memory, clock,
                           log, decap_l3_supported(), backend.notes});
    Daemon daemon({line.config_path, state, reconciler, *links, *backend.wireguard, *datapath, keys,
                   clock, *sender, lock, log, service, std::move(metrics)});
    return daemon.run();
}

ExitCode run(const CommandLine &line) {
    if (line.help_config) {
        std::cout << config_reference_text();
        return ExitCode::kOk;
    }
    const auto state = load_config(line.config_path);
    const Status done = !state.ok()       ? Status(state.error())
                        : line.check      ? check_only(line, **state)
                        : line.guard_only ? run_guard(line, *state)
                                          : run_agent(line, *state);
    if (done.ok())
        return ExitCode::kOk;
    std::cerr << "coaxd: " << done.error().message() << '\n';
    return state.ok() ? exit_code_of(done.error()) : ExitCode::kBadConfig;
}

} // namespace
} // namespace coax

int main(int argc, char **argv) {
    try {
        ::umask(coax::kUmask);
        const auto line = coax::parse_command_line(argc, argv);
        if (const auto *code = std::get_if<coax::ExitCode>(&line))
            return static_cast<int>(*code);
        return static_cast<int>(coax::run(std::get<coax::CommandLine>(line)));
    } catch (const std::exception &error) {
        std::cerr << "coaxd: " << error.what() << '\n';
        return static_cast<int>(coax::ExitCode::kFailed);
    }
}
