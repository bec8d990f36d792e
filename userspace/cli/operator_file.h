// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/signer.h"
#include "lib/base/result.h"

namespace coax::cli {

/// How an operator reaches the controllers of one overlay from his own machine. Nothing in it is
/// secret: the key stays where it is.
struct OperatorFile {
    std::string network_id;
    std::vector<std::string> controllers; // "host:port", at least one
    std::string tls_certificate;          // DER
    KeyOptions key;

    /// TOML.
    [[nodiscard]] std::string to_text() const;
    /// kInvalid: "FILE:LINE: expected ..., found ...".
    static Result<OperatorFile> parse(std::string_view text, std::string_view file);
    static Result<OperatorFile> load(const std::filesystem::path &path);
};

} // namespace coax::cli
