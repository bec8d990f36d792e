// SPDX-License-Identifier: Apache-2.0
#include "agent/control/update_parts.h"

#include <utility>

#include <fmt/format.h>

namespace coax {

namespace proto = controller::v1;

Result<std::optional<proto::Update>> UpdateParts::add(proto::Update part) {
    if (const Status status = check(part); !status.ok()) {
        drop();
        return status.error();
    }
    bytes_ += part.ByteSizeLong();
    const bool last = part.last();
    if (collected_)
        collected_->MergeFrom(part);
    else
        collected_ = std::move(part);
    if (!last)
        return std::optional<proto::Update>();
    bytes_ = 0;
    return std::exchange(collected_, std::nullopt);
}

void UpdateParts::drop() {
    collected_.reset();
    bytes_ = 0;
}

Status UpdateParts::check(const proto::Update &part) const {
    if (part.first() == collected_.has_value())
        return Error(ErrorCode::kInvalid,
                     fmt::format("the controller sent parts of an update out of order: expected {}",
                                 collected_ ? "the rest of one" : "a first one"));
    if (collected_ &&
        (part.revision() != collected_->revision() || part.store_id() != collected_->store_id() ||
         part.snapshot() != collected_->snapshot()))
        return Error(ErrorCode::kInvalid,
                     fmt::format("the controller mixed parts of different updates: expected "
                                 "revision {}, found {}",
                                 collected_->revision(), part.revision()));
    if (bytes_ + part.ByteSizeLong() > kUpdateBytesMax)
        return Error(
            ErrorCode::kTooLarge,
            fmt::format("the controller sent an update of more than {} bytes", kUpdateBytesMax));
    return {};
}

} // namespace coax
