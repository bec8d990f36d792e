// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/types.h"
#include "lib/state/desired_state.h"

namespace coax {

enum class StoreKind { kSqlite, kEtcd, kMemory };
/// As the file has it.
std::string_view to_string(StoreKind kind);

/// controller.toml, as REFERENCE.md of this folder says it.
struct ControllerConfig {
    std::string network_id;
    IpPrefix vtep_pool;
    std::string name; // empty: the host's
    std::vector<ListenAddress> listen;
    std::vector<std::string> advertise; // "host:port"
    std::string run_dir;
    std::string log_level;
    std::chrono::seconds lease{};
    std::chrono::seconds alive{};
    bool require_token = true;
    std::string auto_admit; // private key of a CA; empty: off

    struct {
        StoreKind kind = StoreKind::kSqlite;
        std::string path; // empty: store.db in the data folder
        std::vector<std::string> endpoints;
        std::string ca_file;
        std::string certificate_file;
        std::string key_file;
        std::string username;
        std::string password_file;
        std::string prefix;
    } store;

    ListenAddress metrics_listen;

    struct {
        std::uint32_t streams = 0;
        std::uint32_t unfinished = 0;
        std::uint32_t messages_per_second = 0;
        std::uint32_t message_burst = 0;
        std::chrono::milliseconds coalesce{};
    } limits;
};

constexpr const char *kControllerConfigFile = "controller.toml";

/// Errors are kInvalid and read "FILE:LINE: KEY: expected ..., found ...".
Result<ControllerConfig> parse_controller_config(std::string_view text,
                                                 const std::string &file_name);
/// controller.toml of `folder`; kNotFound says that `coax-controller init` makes it.
Result<ControllerConfig> load_controller_config(const std::filesystem::path &folder);

/// The options as a Markdown table: name, type, default, range, sentence.
std::string controller_config_reference();

/// "host:port" with a port from 1 on.
bool is_host_and_port(std::string_view text);

} // namespace coax
