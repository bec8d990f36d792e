// SPDX-License-Identifier: Apache-2.0
#include "lib/trust/revocation_memory.h"

#include "lib/base/file.h"
#include "lib/trust/armor.h"

namespace coax {
namespace {

constexpr std::size_t kFileBytesMax = 2 * kRevocationBytesMax; // base64 and line breaks
constexpr std::uint32_t kFileMode = 0644;

} // namespace

Result<std::string> read_revocation_file(const std::filesystem::path &path) {
    COAX_ASSIGN_OR_RETURN(const std::string text, read_file(path, kFileBytesMax));
    auto bytes = dearmor<std::string>(text, kRevocationLabel);
    if (!bytes.ok())
        return bytes.error().with_context(path.string());
    return bytes;
}

Status write_revocation_file(const std::filesystem::path &path, std::string_view bytes) {
    return write_file_atomically(path, armor<std::string>(bytes, kRevocationLabel), kFileMode);
}

Result<RevocationMemory> RevocationMemory::open(const std::filesystem::path &path) {
    RevocationMemory memory(path);
    auto bytes = read_revocation_file(path);
    if (!bytes.ok() && bytes.error().code() == ErrorCode::kNotFound)
        return memory;
    if (!bytes.ok())
        return bytes.error();
    auto opened = open_revocation_list(*bytes);
    if (!opened.ok())
        return opened.error().with_context(path.string());
    memory.list_ = std::move(opened->list);
    memory.bytes_ = *std::move(bytes);
    return memory;
}

RevocationMemory::Offer RevocationMemory::offer(std::string_view bytes,
                                                const TrustAnchors &anchors) {
    auto verdict = verify_revocation_list(bytes, anchors, list_);
    if (auto *refusal = std::get_if<Refusal>(&verdict))
        return Offer{.taken = false, .refused = std::move(*refusal)};
    auto &list = std::get<RevocationList>(verdict);
    if (list.version == list_.version)
        return Offer{};
    list_ = std::move(list);
    bytes_ = bytes;
    unsaved_ = "not written yet";
    static_cast<void>(save().ok()); // or unsaved() says why not
    return Offer{.taken = true, .refused = std::nullopt};
}

Status RevocationMemory::save() {
    if (unsaved_.empty())
        return {};
    Status written = write_revocation_file(path_, bytes_);
    unsaved_ = written.ok() ? "" : written.error().message();
    return written;
}

} // namespace coax
