// SPDX-License-Identifier: Apache-2.0
#include "controller/registry/revocations.h"

#include <fmt/format.h>

#include "controller/registry/keys.h"

namespace coax::controller {

Result<RevocationList> read_revocations(Change &change) {
    const std::string key(kRevocationsKey);
    COAX_ASSIGN_OR_RETURN(const std::optional<std::string> bytes, change.read(key));
    if (!bytes)
        return RevocationList();
    auto opened = open_revocation_list(*bytes);
    if (!opened.ok())
        return Error(ErrorCode::kCorrupt,
                     fmt::format("{}: {}; remove the key and put the list again (coax ca revoke)",
                                 key, opened.error().message()));
    return std::move(opened->list);
}

Result<std::string> RevocationRegistry::get() {
    COAX_ASSIGN_OR_RETURN(const StoreFound found, writer_.store().get(kRevocationsKey));
    return found.entry ? found.entry->value : std::string();
}

Result<Revision> RevocationRegistry::put(const std::string &bytes, const TrustAnchors &anchors,
                                         const std::string &who) {
    if (bytes.size() > kStoreValueMaxBytes)
        return Error(
            ErrorCode::kTooLarge,
            fmt::format("revocation list: expected at most {} bytes, which a store has "
                        "room for (about 25,000 keys), found {}; sign one without what has "
                        "expired by now",
                        kStoreValueMaxBytes, bytes.size()));
    return writer_.commit(who, [&](Change &change) -> Status {
        COAX_ASSIGN_OR_RETURN(const RevocationList held, read_revocations(change));
        const auto verified = verify_revocation_list(bytes, anchors, held);
        if (const auto *refused = std::get_if<Refusal>(&verified))
            return Error(ErrorCode::kInvalid,
                         fmt::format("{}: {}", refusal_name(refused->reason), refused->message));
        const auto &list = std::get<RevocationList>(verified);
        if (list.version == held.version)
            return {};
        change.put(std::string(kRevocationsKey), bytes);
        change.note("revocations.put", "revocations",
                    fmt::format("version {} -> {}, keys {} -> {}, serials {} -> {}", held.version,
                                list.version, held.keys.size(), list.keys.size(),
                                held.serials.size(), list.serials.size()));
        return {};
    });
}

} // namespace coax::controller
