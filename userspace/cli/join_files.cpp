// SPDX-License-Identifier: Apache-2.0
#include "cli/join_files.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/control/pinned_channel.h"

namespace coax::cli {
namespace {

constexpr std::uint32_t kFolderMode = 0700;
constexpr std::uint32_t kPrivateMode = 0600;
constexpr std::uint32_t kPublicMode = 0644;
constexpr std::uint32_t kConfigFolderMode = 0755;
constexpr std::size_t kConfigBytesMax = 16 * 1024 * 1024;
constexpr std::size_t kSmallFileBytesMax = 64 * 1024;

bool is_there(const std::string &path) {
    std::error_code ignored;
    return std::filesystem::symlink_status(path, ignored).type() !=
           std::filesystem::file_type::not_found;
}

/// Nothing is asked of a controller when the answer could not be kept.
Status check_writable(const std::string &path) {
    const std::string folder = std::filesystem::absolute(path).parent_path().string();
    std::error_code ignored;
    if (!std::filesystem::exists(folder, ignored))
        COAX_TRY(ensure_directory(folder, kConfigFolderMode));
    if (::access(folder.c_str(), W_OK) != 0)
        return Error(
            ErrorCode::kPermission,
            fmt::format("cannot write {}: use sudo, or name another file with --config", path));
    return {};
}

Result<PresentConfig> present_config(const JoinPaths &paths, const JoinToken &token) {
    COAX_ASSIGN_OR_RETURN(const std::string text, read_file(paths.config, kConfigBytesMax));
    COAX_ASSIGN_OR_RETURN(PresentConfig present, parse_present_config(text, paths.config));
    if (present.network_id == token.network_id)
        return present;
    const std::string follows =
        present.network_id.empty() ? "no controller" : "the controllers of " + present.network_id;
    return Error(ErrorCode::kExists,
                 fmt::format("{} is the configuration of node {} ({}), which follows {}: it is not "
                             "overwritten; move it away, or name another file with --config",
                             paths.config, present.node_id, present.name, follows));
}

Status keep_tls_certificate(const JoinPaths &paths, const std::string &der) {
    const std::string pem = certificate_to_pem(der);
    if (is_there(paths.tls_certificate)) {
        COAX_ASSIGN_OR_RETURN(const std::string present,
                              read_file(paths.tls_certificate, kSmallFileBytesMax));
        if (present == pem)
            return {};
    }
    return write_file_atomically(paths.tls_certificate, pem, kPublicMode);
}

std::string anchors_text(const TrustAnchors &anchors) {
    std::string text = "# The CAs this node believes. To change a CA, add the new one first.\n";
    for (const TrustAnchor &anchor : anchors.cas)
        text += anchor.key.to_line(anchor.comment);
    return text;
}

} // namespace

JoinPaths join_paths(const std::string &config, const std::string &state_dir,
                     const std::string &identity) {
    JoinPaths paths;
    paths.config = config;
    paths.folder = state_dir + "/control";
    paths.identity = identity.empty() ? paths.folder + "/identity" : identity;
    paths.certificate = paths.identity + "-cert.pub";
    paths.anchors = paths.folder + "/trust_anchors";
    paths.tls_certificate = paths.folder + "/controller.pem";
    return paths;
}

Result<std::optional<PresentConfig>> prepare_files(const JoinPaths &paths, const JoinToken &token) {
    if (is_there(paths.config)) {
        COAX_ASSIGN_OR_RETURN(PresentConfig present, present_config(paths, token));
        return std::optional(std::move(present));
    }
    COAX_TRY(check_writable(paths.config));
    COAX_TRY(ensure_directory(paths.folder, kFolderMode));
    return std::optional<PresentConfig>();
}

Result<SshPrivateKey> ready_identity(const JoinPaths &paths, const std::string &name) {
    if (is_there(paths.identity))
        return SshPrivateKey::load(paths.identity);
    COAX_ASSIGN_OR_RETURN(SshPrivateKey key, SshPrivateKey::generate());
    const SecretBytes text = key.to_openssh(name);
    COAX_TRY(write_file_atomically(paths.identity, view_of(text), kPrivateMode));
    COAX_TRY(write_file_atomically(paths.identity + ".pub", key.public_key().to_line(name),
                                   kPublicMode));
    return key;
}

Result<std::optional<SshCertificate>> present_certificate(const JoinPaths &paths,
                                                          const SshPublicKey &key) {
    if (!is_there(paths.certificate))
        return std::optional<SshCertificate>();
    COAX_ASSIGN_OR_RETURN(const std::string text, read_file(paths.certificate, kSmallFileBytesMax));
    auto certificate = SshCertificate::parse(text);
    if (!certificate.ok())
        return certificate.error().with_context(paths.certificate);
    if (certificate->facts.key != key)
        return Error(ErrorCode::kInvalid,
                     fmt::format("{} certifies key {}, expected {} of {}: remove it, or certify "
                                 "the right key",
                                 paths.certificate, certificate->facts.key.fingerprint(),
                                 key.fingerprint(), paths.identity));
    return std::optional(std::move(*certificate));
}

Result<TrustAnchors> ready_anchors(const JoinPaths &paths, const TrustAnchors &wanted) {
    if (!is_there(paths.anchors)) {
        if (wanted.cas.empty())
            return Error(ErrorCode::kInvalid,
                         fmt::format("nobody says which CA to believe: the token has none; give "
                                     "the CA's public key with --ca, or write {}",
                                     paths.anchors));
        return wanted;
    }
    COAX_ASSIGN_OR_RETURN(TrustAnchors present, TrustAnchors::load(paths.anchors));
    for (const TrustAnchor &anchor : wanted.cas) {
        if (!present.contains(anchor.key))
            return Error(ErrorCode::kExists,
                         fmt::format("{} is there and does not have CA {} of the token: add its "
                                     "public key, or remove the file if it is of another overlay",
                                     paths.anchors, anchor.key.fingerprint()));
    }
    return present;
}

Status write_files(const JoinPaths &paths, const JoinedFiles &files) {
    if (!is_there(paths.anchors))
        COAX_TRY(write_file_atomically(paths.anchors, anchors_text(files.anchors), kPublicMode));
    COAX_TRY(keep_tls_certificate(paths, files.tls_certificate));
    if (files.certificate) {
        COAX_TRY(write_file_atomically(paths.certificate,
                                       files.certificate->to_line(files.certificate->facts.key_id),
                                       kPublicMode));
    }
    if (is_there(paths.config)) // made by someone else while this node waited
        return Error(ErrorCode::kExists, paths.config + " is there now: it is not overwritten");
    return write_file_atomically(paths.config, files.config, kPublicMode);
}

} // namespace coax::cli
