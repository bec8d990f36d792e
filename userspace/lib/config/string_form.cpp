// SPDX-License-Identifier: Apache-2.0
#include "lib/config/string_form.h"

#include <algorithm>

#include <net/if.h>

#include "coax/abi/limits.h"
#include "lib/base/log.h"
#include "lib/base/types.h"

namespace coax {
namespace {

constexpr std::size_t kNodeNameMax = 63;
constexpr std::size_t kShortNameMax = 32;
constexpr std::size_t kNetnsNameMax = 255;
constexpr std::size_t kDirectoryMax = 90; // with "/agent.sock" it must fit sockaddr_un

bool is_letter(char c) {
    return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_printable(char c) {
    return c > ' ' && c < '\x7f';
}

template <typename Allowed>
bool holds(std::string_view text, std::size_t max, Allowed allowed) {
    return !text.empty() && text.size() <= max && std::all_of(text.begin(), text.end(), allowed);
}

bool is_name_char(char c) {
    return is_letter(c) || is_digit(c) || c == '-';
}

bool valid_instance(std::string_view text) {
    return holds(text, COAX_INSTANCE_NAME_MAX,
                 [](char c) { return is_letter(c) || is_digit(c); }) &&
           is_letter(text.front());
}

bool valid_node_name(std::string_view text) {
    return holds(text, kNodeNameMax, [](char c) { return is_name_char(c) || c == '.'; }) &&
           (is_letter(text.front()) || is_digit(text.front()));
}

bool valid_short_name(std::string_view text) {
    return holds(text, kShortNameMax, is_name_char) && text.front() != '-';
}

// dev_valid_name() of the kernel, less what only confuses: '%' is a template, not ASCII.
bool valid_interface(std::string_view text) {
    const auto allowed = [](char c) { return is_printable(c) && c != '/' && c != ':' && c != '%'; };
    return holds(text, IFNAMSIZ - 1, allowed) && text != "." && text != "..";
}

bool valid_path(std::string_view text, std::size_t max) {
    return holds(text, max, is_printable) && text.front() == '/';
}

bool valid_netns(std::string_view text) {
    const auto allowed = [](char c) { return is_printable(c) && c != '/'; };
    const bool name = holds(text, kNetnsNameMax, allowed) && text != "." && text != "..";
    return name || valid_path(text, kNetnsNameMax);
}

bool valid_directory(std::string_view text) {
    return valid_path(text, kDirectoryMax);
}

constexpr std::size_t kFilePathMax = 255;
constexpr std::size_t kNetworkIdMax = 64; // as lib/trust has it in bindings
constexpr std::size_t kHostMax = 253;     // RFC 1035

bool valid_file(std::string_view text) {
    return valid_path(text, kFilePathMax);
}

bool valid_network_id(std::string_view text) {
    return holds(text, kNetworkIdMax, [](char c) { return is_name_char(c) || c == '.'; });
}

bool valid_port_number(std::string_view text) {
    constexpr std::size_t kDigitsMax = 5;
    constexpr int kPortMax = 65535;
    if (!holds(text, kDigitsMax, is_digit) || text.front() == '0')
        return false;
    int port = 0;
    for (const char c : text)
        port = port * 10 + (c - '0');
    return port <= kPortMax;
}

// A name, an IPv4 address, or an IPv6 address in brackets.
bool valid_host_port(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || !valid_port_number(text.substr(colon + 1)))
        return false;
    const std::string_view host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']'))
        return IpAddress::parse(host.substr(1, host.size() - 2)).ok();
    const auto allowed = [](char c) {
        return is_name_char(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '_';
    };
    return holds(host, kHostMax, allowed);
}

bool valid_log_level(std::string_view text) {
    return parse_log_level(text).ok();
}

} // namespace

const StringForm kInstanceName{"1..8 of a-z 0-9, first a letter", valid_instance};
const StringForm kNodeName{"1..63 of a-z 0-9 - ., first a letter or digit", valid_node_name};
const StringForm kShortName{"1..32 of a-z 0-9 -, first a letter or digit", valid_short_name};
const StringForm kInterfaceName{"an interface name of 1..15 characters without / : %",
                                valid_interface};
const StringForm kNetnsName{"a name under /run/netns or an absolute path", valid_netns};
const StringForm kDirectory{"an absolute path of at most 90 characters", valid_directory};
const StringForm kLogLevelName{"debug, info, warn or error", valid_log_level};
const StringForm kFilePath{"an absolute path of at most 255 characters", valid_file};
const StringForm kNetworkId{"1..64 of a-z 0-9 - .", valid_network_id};
const StringForm kHostPort{"a host and a TCP port such as 192.0.2.9:7443", valid_host_port};

} // namespace coax
