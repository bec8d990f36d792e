// SPDX-License-Identifier: Apache-2.0
#include "lib/trust/revocation_list.h"

#include <fmt/format.h>

#include "lib/trust/signed_record.h"
#include "lib/trust/wire.h"

namespace coax {
namespace {

constexpr std::string_view kMagic = "coax-revocations";
constexpr std::uint32_t kFormat = 1;

Error invalid(std::string message) {
    return {ErrorCode::kInvalid, std::move(message)};
}

std::string too_large(std::size_t bytes) {
    return fmt::format("revocation list of {} bytes, expected at most {}", bytes,
                       kRevocationBytesMax);
}

Result<std::set<SshPublicKey>> read_keys(std::string_view packed) {
    WireReader reader(packed);
    std::set<SshPublicKey> keys;
    while (!reader.done())
        keys.insert({reader.fixed_string<sizeof(SshPublicKey::bytes)>()});
    COAX_TRY(reader.finish("keys of the revocation list"));
    return keys;
}

Result<std::set<RevokedSerial>> read_serials(std::string_view packed) {
    WireReader reader(packed);
    std::set<RevokedSerial> serials;
    while (!reader.done()) {
        RevokedSerial entry;
        entry.ca.bytes = reader.fixed_string<sizeof(entry.ca.bytes)>();
        entry.serial = reader.uint64();
        serials.insert(entry);
    }
    COAX_TRY(reader.finish("serials of the revocation list"));
    return serials;
}

Status check_content(const RevocationList &list) {
    if (list.version == 0)
        return invalid("revocation list: expected a version from 1 on, found 0");
    for (const RevokedSerial &entry : list.serials) {
        if (entry.serial == 0)
            return invalid("revocation list: serial 0 is that of every certificate without one, it "
                           "cannot be revoked; revoke the key");
    }
    return {};
}

} // namespace

bool RevocationList::revokes(const SshCertificate &certificate) const {
    return keys.contains(certificate.facts.key) || keys.contains(certificate.ca) ||
           serials.contains({certificate.ca, certificate.facts.serial});
}

std::string RevocationList::encode() const {
    WireWriter packed_keys;
    for (const SshPublicKey &key : keys)
        packed_keys.string(key.bytes);
    WireWriter packed_serials;
    for (const RevokedSerial &entry : serials) {
        packed_serials.string(entry.ca.bytes);
        packed_serials.uint64(entry.serial);
    }
    WireWriter writer;
    writer.string(kMagic);
    writer.uint32(kFormat);
    writer.uint64(version);
    writer.uint64(time_to_wire(issued));
    writer.string(packed_keys.bytes());
    writer.string(packed_serials.bytes());
    return writer.take();
}

Result<RevocationList> RevocationList::decode(std::string_view payload) {
    WireReader reader(payload);
    if (reader.string() != kMagic)
        return invalid(fmt::format("not a revocation list: it does not begin with {}", kMagic));
    const std::uint32_t format = reader.uint32();
    if (!reader.failed() && format != kFormat)
        return Error(ErrorCode::kVersion,
                     fmt::format("revocation list of format {}, expected {}: update the older side",
                                 format, kFormat));
    RevocationList list;
    list.version = reader.uint64();
    list.issued = time_from_wire(reader.uint64());
    const std::string_view keys = reader.string();
    const std::string_view serials = reader.string();
    COAX_TRY(reader.finish("revocation list"));
    COAX_ASSIGN_OR_RETURN(list.keys, read_keys(keys));
    COAX_ASSIGN_OR_RETURN(list.serials, read_serials(serials));
    COAX_TRY(check_content(list));
    if (list.encode() != payload)
        return invalid("revocation list: not in its one form (sorted, nothing twice)");
    return list;
}

Result<std::string> sign_revocation_list(const RevocationList &list, Signer &ca) {
    COAX_TRY(check_content(list));
    COAX_ASSIGN_OR_RETURN(std::string bytes, sign_record(list.encode(), kRevocationNamespace, ca));
    if (bytes.size() > kRevocationBytesMax)
        return invalid(too_large(bytes.size()));
    return bytes;
}

Result<SignedRevocationList> open_revocation_list(std::string_view bytes) {
    if (bytes.size() > kRevocationBytesMax)
        return invalid(too_large(bytes.size()));
    COAX_ASSIGN_OR_RETURN(const SignedRecord record, open_record(bytes, kRevocationNamespace));
    COAX_ASSIGN_OR_RETURN(RevocationList list, RevocationList::decode(record.payload));
    return SignedRevocationList{std::move(list), record.signer};
}

std::variant<RevocationList, Refusal> verify_revocation_list(std::string_view bytes,
                                                             const TrustAnchors &anchors,
                                                             const RevocationList &held) {
    if (bytes.size() > kRevocationBytesMax)
        return Refusal{RefusalReason::kTooLarge, too_large(bytes.size())};
    auto opened = open_revocation_list(bytes);
    if (!opened.ok())
        return refusal_of(opened.error(), "revocation list");
    RevocationList &list = opened->list;
    if (!anchors.contains(opened->ca))
        return Refusal{RefusalReason::kWrongCa,
                       fmt::format("revocation list signed by {}, expected one of the trust "
                                   "anchors {}: have it signed again (coax ca revoke)",
                                   opened->ca.fingerprint(), anchors.to_string())};
    if (list.version < held.version)
        return Refusal{RefusalReason::kOldList,
                       fmt::format("revocation list version {}, version {} is in force: somebody "
                                   "holds back the later one",
                                   list.version, held.version)};
    if (list.version == held.version && list != held)
        return Refusal{RefusalReason::kListReused,
                       fmt::format("two different revocation lists of version {}: sign the union "
                                   "of both with a higher version (coax ca revoke)",
                                   list.version)};
    return std::move(list);
}

} // namespace coax
