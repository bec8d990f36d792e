// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "lib/base/guarded.h"
#include "lib/base/log.h"
#include "lib/trust/trust_anchors.h"

namespace coax::controller {

/// The file of trust anchors, read again when it changed: a CA is added without a restart.
/// Threads: any. Failure: a file that cannot be read, or has no key, is an empty set (nothing is
/// admitted), and logged once for each such state.
class AnchorsFile {
  public:
    AnchorsFile(std::filesystem::path path, Log log)
        : path_(std::move(path)), log_(std::move(log)) {}

    std::shared_ptr<const TrustAnchors> now();

  private:
    struct Read {
        std::string text;
        std::string error;
        std::shared_ptr<const TrustAnchors> anchors = std::make_shared<const TrustAnchors>();
    };

    std::filesystem::path path_;
    Log log_;
    Guarded<Read> read_;
};

} // namespace coax::controller
