// SPDX-License-Identifier: Apache-2.0
#include "lib/config/default_mac.h"

#include <string>

#include <fmt/format.h>
#include <sodium.h>

namespace coax {

MacAddress default_port_mac(std::string_view instance, NodeId node, std::string_view port) {
    // None of the parts can hold a slash.
    const std::string text = fmt::format("coax port mac/{}/{}/{}", instance, node.value(), port);
    std::array<std::uint8_t, crypto_generichash_BYTES> hash{};
    const auto *bytes = reinterpret_cast<const unsigned char *>(text.data());
    crypto_generichash(hash.data(), hash.size(), bytes, text.size(), nullptr, 0);
    MacAddress mac;
    std::copy_n(hash.begin(), mac.bytes.size(), mac.bytes.begin());
    mac.bytes[0] = static_cast<std::uint8_t>((mac.bytes[0] & ~1U) | 2U);
    return mac;
}

} // namespace coax
