// SPDX-License-Identifier: Apache-2.0
// Answers of wireguard-go: what was read can be written and read again.
#include "fuzz/require.h"
#include "fuzz/wireguard_device.h"
#include "lib/wireguard/uapi_codec.h"

using coax::fuzz::require;

namespace {

/// A "set" without its head and tail looks like an answer, but for keys that a parser skips.
std::string as_answer(std::string set) {
    constexpr std::string_view kHead = "set=1\n";
    require(set.starts_with(kHead) && set.ends_with("\n\n"), "a set has its frame");
    set.erase(0, kHead.size());
    set.pop_back();
    return set + "errno=0\n\n";
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view text = coax::fuzz::as_text(data, size);
    const auto errno_found = coax::parse_uapi_errno(text);
    require(!errno_found.ok() || *errno_found >= 0, "an errno is not negative");

    const auto device = coax::parse_uapi_device(text);
    if (!device.ok()) {
        require(!device.error().message().empty(), "an error says something");
        return 0;
    }
    require(errno_found.ok() && *errno_found == 0, "a device comes without an error");
    const coax::WgDelta delta = coax::fuzz::delta_that_makes(*device);
    const auto again =
        coax::parse_uapi_device(as_answer(coax::format_uapi_set(delta, coax::PrivateKey())));
    require(again.ok(), "what was written can be read");
    require(coax::fuzz::same_configuration(*device, *again), "written and read is the same");
    return 0;
}
