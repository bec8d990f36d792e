// SPDX-License-Identifier: Apache-2.0
// The TOML configuration.
#include "lib/config/config.h"
#include "fuzz/require.h"
#include "lib/config/document.h"

using coax::fuzz::require;

namespace {

constexpr const char *kFile = "fuzz.toml";

void check_error(const coax::Error &error) {
    require(error.code() == coax::ErrorCode::kInvalid, "a bad configuration is kInvalid");
    require(error.message().starts_with(std::string(kFile) + ":"), "an error names the file");
    for (const char c : error.message())
        require(c == '\n' || (static_cast<unsigned char>(c) >= ' ' && c != '\x7f'),
                "an error shows input of others without its control characters");
}

void check_state(const coax::DesiredState &state) {
    require(coax::check_reloadable(state, state).ok(), "a configuration can replace itself");
    for (const auto &[id, peer] : state.peers)
        require(id != state.node.id, "no peer is this node");
    for (const auto &[name, port] : state.ports)
        require(state.networks.contains(port.vni), "a port's network exists");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view text = coax::fuzz::as_text(data, size);
    const auto state = coax::parse_config(text, kFile);
    if (!state.ok()) {
        check_error(state.error());
        const auto again = coax::parse_config(text, kFile);
        require(!again.ok() && again.error().message() == state.error().message(),
                "the same text is the same error");
        return 0;
    }
    require(coax::parse_document(text, kFile).ok(), "a configuration is a document");
    check_state(**state);
    return 0;
}
