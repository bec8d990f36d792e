// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>

#include "controller.pb.h"
#include "lib/base/result.h"

namespace coax {

/// Larger updates than any overlay needs (100,000 nodes are 80 MB).
constexpr std::size_t kUpdateBytesMax = 128U * 1024 * 1024;

/// Parts of an update to a whole. Pure.
/// An error (kInvalid: out of order, of another revision, or kTooLarge) drops what was collected:
/// the stream cannot go on.
class UpdateParts {
  public:
    /// The whole update when `part` is its last.
    Result<std::optional<controller::v1::Update>> add(controller::v1::Update part);
    void drop();

  private:
    Status check(const controller::v1::Update &part) const;

    std::optional<controller::v1::Update> collected_;
    std::size_t bytes_ = 0;
};

} // namespace coax
