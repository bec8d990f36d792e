// SPDX-License-Identifier: Apache-2.0
#include "agent/control/record.h"

#include <algorithm>
#include <array>
#include <system_error>

#include <fmt/format.h>
#include <sodium.h>

#include "coax/abi/limits.h"
#include "lib/base/file.h"
#include "lib/trust/wire.h"

namespace coax {
namespace {

using agent::v1::KeptNode;
using agent::v1::ViewRecord;

constexpr std::string_view kKind = "coax-view ";
constexpr std::string_view kFormat = "coax-view 1\n";
constexpr std::size_t kSumBytes = crypto_hash_sha256_BYTES;
constexpr std::uint32_t kFileMode = 0600;

std::string checksum(std::string_view bytes) {
    std::array<std::uint8_t, kSumBytes> sum{};
    crypto_hash_sha256(sum.data(), bytes_of(bytes), bytes.size());
    return std::string(text_of(sum));
}

Error damaged(std::string_view found) {
    return {ErrorCode::kCorrupt, fmt::format("expected a saved view, found {}", found)};
}

template <std::size_t N>
bool copy_exactly(const std::string &from, std::array<std::uint8_t, N> &to) {
    if (from.size() != N)
        return false;
    std::copy(from.begin(), from.end(), to.begin());
    return true;
}

} // namespace

std::string encode_record(const ViewRecord &record) {
    const std::string body = record.SerializeAsString();
    return std::string(kFormat) + checksum(body) + body;
}

Result<ViewRecord> decode_record(std::string_view bytes) {
    if (!bytes.starts_with(kKind))
        return damaged("something else");
    if (!bytes.starts_with(kFormat))
        return Error(ErrorCode::kVersion,
                     "expected a saved view of format 1, found a later one: was coaxd downgraded?");
    bytes.remove_prefix(kFormat.size());
    if (bytes.size() < kSumBytes)
        return damaged("its beginning only");
    const std::string_view body = bytes.substr(kSumBytes);
    if (bytes.substr(0, kSumBytes) != checksum(body))
        return damaged("one whose checksum is wrong");
    ViewRecord record;
    if (body.size() > kRecordBytesMax ||
        !record.ParseFromArray(body.data(), static_cast<int>(body.size())))
        return damaged("one that does not parse");
    return record;
}

Status write_record(const std::filesystem::path &path, const ViewRecord &record) {
    return write_file_atomically(path, encode_record(record), kFileMode);
}

Result<std::optional<ViewRecord>> read_record(const std::filesystem::path &path) {
    const auto bytes = read_file(path, kRecordBytesMax);
    if (!bytes.ok() && bytes.error().code() == ErrorCode::kNotFound)
        return std::optional<ViewRecord>();
    if (!bytes.ok())
        return bytes.error();
    auto record = decode_record(*bytes);
    if (record.ok())
        return std::optional(std::move(record).value());
    const std::filesystem::path aside = path.string() + ".damaged";
    std::error_code failed;
    std::filesystem::rename(path, aside, failed);
    return Error(record.error().code(),
                 fmt::format("{}: {}; {}, the peers come from the controller again", path.string(),
                             record.error().message(),
                             failed ? "it could not be set aside"
                                    : fmt::format("it is kept as {}", aside.string())));
}

KeptNode to_record(NodeId id, const ClaimedNode &node) {
    KeptNode kept;
    kept.set_id(id.value());
    kept.set_name(node.accepted.name);
    kept.set_certificate(node.accepted.certificate);
    kept.set_binding(node.accepted.binding);
    kept.set_keepalive_seconds(static_cast<std::uint32_t>(node.keepalive.count()));
    if (node.last) {
        kept.set_identity(std::string(text_of(node.last->identity.bytes)));
        kept.set_epoch(node.last->epoch);
        kept.set_digest(std::string(text_of(node.last->digest)));
    }
    if (node.gone) {
        kept.set_gone(true);
        kept.set_gone_why(node.gone->why);
        kept.set_gone_text(node.gone->text);
        kept.set_gone_since(time_to_wire(node.gone->since));
    }
    return kept;
}

Result<ClaimedNode> from_record(const KeptNode &kept) {
    ClaimedNode node;
    AcceptedPeer last;
    constexpr std::uint32_t kKeepaliveMax = 65535;
    if (kept.id() == 0 || kept.id() > COAX_NODE_ID_MAX || !is_node_name(kept.name()) ||
        kept.keepalive_seconds() > kKeepaliveMax ||
        !copy_exactly(kept.identity(), last.identity.bytes) ||
        !copy_exactly(kept.digest(), last.digest))
        return Error(ErrorCode::kInvalid,
                     fmt::format("the saved node {} has no valid form", kept.id()));
    last.name = kept.name();
    last.epoch = kept.epoch();
    node.last = std::move(last);
    node.accepted = {kept.name(), kept.certificate(), kept.binding()};
    node.keepalive = std::chrono::seconds(kept.keepalive_seconds());
    if (kept.gone())
        node.gone = GoneMark{kept.gone_why(), kept.gone_text(), time_from_wire(kept.gone_since())};
    return node;
}

} // namespace coax
