// SPDX-License-Identifier: Apache-2.0
#include "lib/config/option_factory.h"

namespace coax {
namespace {

constexpr bool kRestart = false; // OptionRow::reloadable
constexpr int kControllersMax = 16;
constexpr int kAnnounceMax = 16; // what a binding has room for

template <typename Access>
Option control(OptionRow row, Access /*field*/) {
    row.table = "control";
    return make_option<DesiredState, Access>(row);
}

} // namespace

std::vector<Option> control_options() { // NOLINT(readability-function-size)
    return {
        control(
            {.key = "controllers",
             .fallback = "[]",
             .example = R"(["192.0.2.9:7443"])",
             .max = kControllersMax,
             .form = &kHostPort,
             .reloadable = kRestart,
             .help = "Where controllers listen; one is followed, the others take over."},
            [](auto &s) -> auto & { return s.control.controllers; }),
        control(
            {.key = "network_id",
             .fallback_words = "needed with controllers",
             .example = R"("storage.example")",
             .form = &kNetworkId,
             .reloadable = kRestart,
             .help = "Name of the whole overlay; records for another one are refused."},
            [](auto &s) -> auto & { return s.control.network_id; }),
        control(
            {.key = "tls_certificate",
             .fallback_words = "STATE_DIR/control/controller.pem",
             .example = R"("/etc/coax/controller.pem")",
             .form = &kFilePath,
             .reloadable = kRestart,
             .help = "File (PEM) of the one certificate that the controllers must show."},
            [](auto &s) -> auto & { return s.control.tls_certificate; }),
        control(
            {.key = "identity",
             .fallback_words = "STATE_DIR/control/identity",
             .example = R"("/etc/ssh/ssh_host_ed25519_key")",
             .form = &kFilePath,
             .reloadable = kRestart,
             .help = "File of this node's private SSH key (Ed25519, no passphrase)."},
            [](auto &s) -> auto & { return s.control.identity; }),
        control(
            {.key = "certificate",
             .fallback_words = "IDENTITY-cert.pub",
             .example = R"("/etc/ssh/ssh_host_ed25519_key-cert.pub")",
             .form = &kFilePath,
             .reloadable = kRestart,
             .help = "File of that key's SSH host certificate; a newer one is written to it."},
            [](auto &s) -> auto & { return s.control.certificate; }),
        control(
            {.key = "trust_anchors",
             .fallback_words = "STATE_DIR/control/trust_anchors",
             .example = R"("/etc/coax/trust_anchors")",
             .form = &kFilePath,
             .reloadable = kRestart,
             .help = "File of the CA keys whose certificates count."},
            [](auto &s) -> auto & { return s.control.trust_anchors; }),
        control(
            {.key = "on_expiry",
             .fallback = R"("warn")",
             .help = "What happens to a running peer whose certificate runs out: kept, or cut."},
            [](auto &s) -> auto & { return s.control.on_expiry; }),
        control(
            {.key = "announce",
             .fallback = "[]",
             .example = R"(["192.0.2.1:51820"])",
             .max = kAnnounceMax,
             .help = "Where other nodes reach lane 0 of this one, the best first; none: addresses "
                     "of the uplinks with underlay.listen_port."},
            [](auto &s) -> auto & { return s.control.announce; }),
    };
}

} // namespace coax
