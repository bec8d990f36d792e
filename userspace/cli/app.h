// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "cli/session.h"

namespace coax::cli {

/// The command line as a tree. `common` and `action` are filled by parsing and must outlive it.
std::unique_ptr<CLI::App> make_app(CommonOptions &common, Action &action);

/// The whole command: parses `arguments` (without the program's name), does it, returns the exit
/// code.
int run(std::vector<std::string> arguments, Host &host);

} // namespace coax::cli
