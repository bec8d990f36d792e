// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/session.h"
#include "cli/verb.h"

namespace coax::cli {

struct DropTree {
    void operator()(CLI::App *app) const;
};

/// What parses the command line.
using Tree = std::unique_ptr<CLI::App, DropTree>;

/// The command line as a tree. `common` and `action` are filled by parsing and must outlive it.
Tree make_app(CommonOptions &common, Action &action);

/// The whole command: parses `arguments` (without the program's name), does it, returns the exit
/// code.
int run(std::vector<std::string> arguments, Host &host);

} // namespace coax::cli
