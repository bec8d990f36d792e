// SPDX-License-Identifier: Apache-2.0
// Addresses, prefixes and keys as text: what was read prints as what reads the same.
#include "lib/base/text.h"
#include "fuzz/require.h"
#include "lib/base/types.h"
#include "lib/net/rtnl_links.h"

using coax::fuzz::require;

namespace {

template <typename T>
void check_round_trip(std::string_view text) {
    const auto value = T::parse(text);
    if (!value.ok())
        return;
    const auto again = T::parse(value->to_string());
    require(again.ok() && *again == *value, "parse(print(x)) == x");
}

void check_prefix(std::string_view text) {
    const auto prefix = coax::IpPrefix::parse(text);
    if (!prefix.ok())
        return;
    const coax::IpPrefix network = prefix->network();
    require(network.contains(prefix->address), "the network contains the address");
    require(network.network() == network, "the network of a network is itself");
    require(network.overlaps(*prefix), "a prefix overlaps its network");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view text = coax::fuzz::as_text(data, size);
    check_round_trip<coax::MacAddress>(text);
    check_round_trip<coax::IpAddress>(text);
    check_round_trip<coax::IpPrefix>(text);
    check_round_trip<coax::SocketAddress>(text);
    check_round_trip<coax::PublicKey>(text);
    check_prefix(text);
    for (const char c : coax::quoted(text))
        require(static_cast<unsigned char>(c) >= ' ' && c != '\x7f', "quoted text is one line");
    if (coax::check_interface_name(std::string(text)).ok())
        require(!text.empty() && text.size() < 16, "an interface name fits the kernel's field");
    return 0;
}
