// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "agent/control/claims.h"
#include "lib/base/result.h"
#include "record.pb.h"

// The last verified state in a file: a line with the format, SHA-256 of the rest, protobuf.
// Replaced whole, so a reader sees the old or the new one; what was damaged since shows by the checksum.
namespace coax {

constexpr std::size_t kRecordBytesMax = 256U * 1024 * 1024;

std::string encode_record(const agent::v1::ViewRecord &record);
/// kVersion: of a later coaxd. kCorrupt: damaged.
Result<agent::v1::ViewRecord> decode_record(std::string_view bytes);

Status write_record(const std::filesystem::path &path, const agent::v1::ViewRecord &record);
/// Absent: there is none yet. A damaged one is set aside as PATH.damaged, the error says so.
Result<std::optional<agent::v1::ViewRecord>> read_record(const std::filesystem::path &path);

/// Of a node that was accepted; others are not kept.
agent::v1::KeptNode to_record(NodeId id, const ClaimedNode &node);
/// For Claims::restore(); kInvalid when a field has no valid form.
Result<ClaimedNode> from_record(const agent::v1::KeptNode &kept);

} // namespace coax
