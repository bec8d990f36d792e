// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/log.h"
#include "lib/base/result.h"
#include "lib/store/store.h"

namespace coax {

/// Files are PEM and read whenever a connection is made: they may be replaced at run time.
struct EtcdOptions {
    std::vector<std::string> endpoints;     // "https://HOST:PORT" of every member, or "http://..."
    std::filesystem::path ca_file;          // empty: the CAs of the system
    std::filesystem::path certificate_file; // of this client, with its key; both or none
    std::filesystem::path key_file;
    std::string username;                // empty: none, or the common name of the certificate
    std::filesystem::path password_file; // first line; read whenever a token is asked for
    std::string prefix = "/coax/";       // everything of ours in etcd is below it; ends in '/'

    std::chrono::milliseconds call_timeout{8000};    // of a call, over all members
    std::chrono::milliseconds attempt_timeout{2500}; // of one member
    std::chrono::milliseconds quiet_check{10'000};   // a silent watch is asked whether it lives
    std::chrono::milliseconds relist_every{180'000}; // a watch is compared with a list
};

/// A store in an etcd cluster, version 3.4 or later. Reaches nobody yet: that is for the first call.
/// README.md says what is done about which weakness of etcd.
/// Errors: kInvalid (options), kNotFound and others of a file that cannot be read.
Result<std::unique_ptr<Store>> open_etcd_store(EtcdOptions options, Log log);

} // namespace coax
