// SPDX-License-Identifier: Apache-2.0
#include "controller/init.h"

#include <fmt/format.h>

#include "controller/config/config.h"
#include "controller/tls_identity.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/trust/trust_anchors.h"

namespace coax::controller {
namespace {

constexpr std::uint32_t kFolderMode = 0700;
constexpr std::uint32_t kFileMode = 0600;
constexpr std::size_t kAnchorsMaxBytes = 1U << 20U;
constexpr const char *kNoAnchors = "# Public keys of the SSH CAs that certify nodes, one per line. "
                                   "Without any, no node is admitted.\n";
constexpr const char *kNoOperators =
    "# Public keys of people that may log in over TLS, one per line, with the role in front:\n"
    "# operator ssh-ed25519 AAAA... alice\n"
    "# read-only ssh-ed25519 AAAA... bob\n";

std::string config_text(const InitOptions &options) {
    std::string advertise;
    for (const std::string &address : options.advertise)
        advertise += (advertise.empty() ? "" : ", ") + coax::quoted(address);
    return fmt::format("# All options: userspace/controller/config/REFERENCE.md\n"
                       "[controller]\n"
                       "network_id = {}\n"
                       "vtep_pool = {}\n"
                       "listen = [\"0.0.0.0:9787\"]\n"
                       "# Where nodes reach the controllers, all of them.\n"
                       "advertise = [{}]\n"
                       "\n"
                       "[store]\n"
                       "kind = \"sqlite\"\n",
                       coax::quoted(options.network_id), coax::quoted(options.vtep_pool),
                       advertise);
}

Result<std::string> anchors_text(const std::string &ca_file) {
    if (ca_file.empty())
        return std::string(kNoAnchors);
    COAX_ASSIGN_OR_RETURN(std::string text, read_file(ca_file, kAnchorsMaxBytes));
    COAX_TRY(TrustAnchors::parse(text, ca_file));
    return text;
}

Status check_fresh(const std::filesystem::path &folder) {
    const std::filesystem::path file = folder / kControllerConfigFile;
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored))
        return {};
    return Error(ErrorCode::kExists,
                 fmt::format("{}: expected no such file, found one; a controller was made here "
                             "before and is not replaced. Edit the file, or give another --dir",
                             file.string()));
}

/// Whether one was there.
Result<bool> ensure_identity(const std::filesystem::path &folder, const Clock &clock) {
    std::error_code ignored;
    if (std::filesystem::exists(folder / kTlsCertificateFile, ignored)) {
        COAX_TRY(load_tls_identity(folder, clock));
        return true;
    }
    COAX_TRY(make_tls_identity(folder, clock));
    return false;
}

/// A file that is there is somebody's work.
Status write_if_absent(const std::filesystem::path &file, const std::string &text) {
    std::error_code ignored;
    if (std::filesystem::exists(file, ignored))
        return {};
    return write_file_atomically(file, text, kFileMode);
}

std::string summary(const std::filesystem::path &folder, const InitOptions &options,
                    bool identity_kept) {
    std::string text = fmt::format("made {} for network {}; TLS identity {}\n", folder.string(),
                                   options.network_id, identity_kept ? "kept" : "made");
    if (options.ca_file.empty())
        text += fmt::format("no CA yet: nothing is admitted. Make one with `coax ca init`, or take "
                            "yours, and put its public key into {}\n",
                            (folder / kTrustAnchorsFile).string());
    if (options.advertise.empty())
        text +=
            fmt::format("no address yet: join tokens need one. Write advertise = [\"HOST:9787\"] "
                        "into {}\n",
                        (folder / kControllerConfigFile).string());
    text += "next: systemctl enable --now coax-controller (or coax-controller run), then "
            "coax token create\n";
    return text;
}

} // namespace

Result<std::string> init(const std::filesystem::path &folder, const InitOptions &options,
                         const Clock &clock) {
    const std::string config = config_text(options);
    COAX_TRY(parse_controller_config(config, "the options given"));
    COAX_ASSIGN_OR_RETURN(const std::string anchors, anchors_text(options.ca_file));
    COAX_TRY(check_fresh(folder));
    COAX_TRY(ensure_directory(folder, kFolderMode));
    COAX_ASSIGN_OR_RETURN(const bool kept, ensure_identity(folder, clock));
    COAX_TRY(write_if_absent(folder / kTrustAnchorsFile, anchors));
    COAX_TRY(write_if_absent(folder / kOperatorsFile, kNoOperators));
    // Last: with it the folder is whole.
    COAX_TRY(write_file_atomically(folder / kControllerConfigFile, config, kFileMode));
    return summary(folder, options, kept);
}

} // namespace coax::controller
