// SPDX-License-Identifier: Apache-2.0
#include "controller/config/option.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "lib/config/codec.h"
#include "lib/config/option_factory.h"
#include "lib/trust/binding.h"

namespace coax {

template <>
struct Choices<StoreKind> {
    static constexpr std::array<std::pair<std::string_view, StoreKind>, 3> kAll{
        {{"sqlite", StoreKind::kSqlite},
         {"etcd", StoreKind::kEtcd},
         {"memory", StoreKind::kMemory}}};
};

namespace {

constexpr std::size_t kPathMax = 255;
constexpr std::size_t kRunDirMax = 90; // with "/controller.sock" it must fit sockaddr_un
constexpr std::size_t kNameMax = 63;
constexpr std::size_t kHostMax = 253;

bool is_printable(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

bool is_path(std::string_view text, std::size_t max) {
    return text.starts_with('/') && text.size() <= max && is_printable(text);
}

bool valid_network_id(std::string_view text) {
    return text.size() <= kNetworkIdMax && is_node_name(text);
}

bool valid_name(std::string_view text) {
    return text.size() <= kNameMax && is_printable(text);
}

bool valid_run_dir(std::string_view text) {
    return is_path(text, kRunDirMax);
}

bool valid_file(std::string_view text) {
    return text.empty() || is_path(text, kPathMax);
}

bool valid_endpoint(std::string_view text) {
    for (const std::string_view scheme : {"https://", "http://"})
        if (text.starts_with(scheme))
            return is_host_and_port(text.substr(scheme.size()));
    return false;
}

bool valid_prefix(std::string_view text) {
    return is_path(text, kPathMax) && text.ends_with('/');
}

bool valid_word(std::string_view text) {
    return text.size() <= kPathMax && is_printable(text);
}

constexpr StringForm kNetworkId{"1..64 of a-z 0-9 - .", valid_network_id};
constexpr StringForm kName{"at most 63 printable characters without spaces", valid_name};
constexpr StringForm kRunDir{"an absolute path of at most 90 characters", valid_run_dir};
constexpr StringForm kFile{"an absolute path, or empty", valid_file};
constexpr StringForm kHostPort{"HOST:PORT, an IPv6 address in brackets", is_host_and_port};
constexpr StringForm kEndpoint{"https://HOST:PORT or http://HOST:PORT", valid_endpoint};
constexpr StringForm kPrefix{"a path that begins and ends with /", valid_prefix};
constexpr StringForm kWord{"printable characters without spaces", valid_word};

template <typename Access>
ControllerOption option(const OptionRow &row, Access /*field*/) {
    using Field = std::remove_cvref_t<std::invoke_result_t<Access, ControllerConfig &>>;
    using Traits = FieldTraits<Field>;
    using Element = typename Traits::Element;
    ControllerOption made{.row = row,
                          .type = Codec<Element>::kType,
                          .list = Traits::kList,
                          .range = Codec<Element>::range(row),
                          .expected = Codec<Element>::expected(row),
                          .fallback = parse_literal(row.fallback)};
    made.assign = [](const OptionRow &of, const Value &value, ControllerConfig &config) -> Status {
        auto element = Codec<Element>::decode(of, value);
        if (!element)
            return Error(ErrorCode::kInvalid,
                         fmt::format("expected {}, found {}", Codec<Element>::expected(of),
                                     value.describe()));
        Field &field = Access{}(config);
        if constexpr (Traits::kList)
            field.push_back(std::move(*element));
        else
            field = std::move(*element);
        return {};
    };
    return made;
}

constexpr std::array<ControllerTable, 4> kTables{{
    {"controller", "Whom it serves, and where."},
    {"store", "Where the state of the control plane is kept."},
    {"metrics", "What Prometheus scrapes."},
    {"limits", "What clients may take."},
}};

// A table, one row per option.
std::vector<ControllerOption> controller_rows() { // NOLINT(readability-function-size)
    return {
        option(
            {.table = "controller",
             .key = "network_id",
             .example = R"("storage")",
             .form = &kNetworkId,
             .help = "Name of the overlay; part of all that nodes sign."},
            [](auto &c) -> auto & { return c.network_id; }),
        option(
            {.table = "controller",
             .key = "vtep_pool",
             .fallback = R"("100.64.0.0/10")",
             .help = "IPv4 pool inside the tunnels; a node has pool base + node id."},
            [](auto &c) -> auto & { return c.vtep_pool; }),
        option(
            {.table = "controller",
             .key = "name",
             .fallback = R"("")",
             .form = &kName,
             .help = "Which controller this is, for logs and audit; empty: the host's name."},
            [](auto &c) -> auto & { return c.name; }),
        option(
            {.table = "controller",
             .key = "listen",
             .fallback = R"(["0.0.0.0:9787"])",
             .min = 1,
             .max = 8,
             .help = "TCP addresses for agents and operators, with TLS."},
            [](auto &c) -> auto & { return c.listen; }),
        option(
            {.table = "controller",
             .key = "advertise",
             .fallback = "[]",
             .max = 8,
             .form = &kHostPort,
             .help = "Where nodes reach the controllers: all of them, the same list everywhere."},
            [](auto &c) -> auto & { return c.advertise; }),
        option(
            {.table = "controller",
             .key = "run_dir",
             .fallback = R"("/run/coax-controller")",
             .form = &kRunDir,
             .help = "Folder of the socket for operators on this machine."},
            [](auto &c) -> auto & { return c.run_dir; }),
        option(
            {.table = "controller",
             .key = "log_level",
             .fallback = R"("info")",
             .form = &kLogLevelName,
             .help = "Least serious event that is logged."},
            [](auto &c) -> auto & { return c.log_level; }),
        option(
            {.table = "controller",
             .key = "lease_seconds",
             .fallback = "30",
             .min = 2,
             .max = 3600,
             .help = "How long after its last word a node is called gone."},
            [](auto &c) -> auto & { return c.lease; }),
        option(
            {.table = "controller",
             .key = "alive_seconds",
             .fallback = "10",
             .min = 1,
             .max = 1200,
             .help = "How often both sides say something; at most a third of lease_seconds."},
            [](auto &c) -> auto & { return c.alive; }),
        option(
            {.table = "controller",
             .key = "require_token",
             .fallback = "true",
             .help = "Nodes that are not known yet need a join token beside a certificate."},
            [](auto &c) -> auto & { return c.require_token; }),
        option(
            {.table = "controller",
             .key = "auto_admit",
             .fallback = R"("")",
             .form = &kFile,
             .help = "For labs only: private key of a CA; every node is certified unseen."},
            [](auto &c) -> auto & { return c.auto_admit; }),
    };
}

std::vector<ControllerOption> other_rows() { // NOLINT(readability-function-size)
    return {
        option(
            {.table = "store",
             .key = "kind",
             .fallback = R"("sqlite")",
             .help = "A file of this controller, a cluster for several, or nothing that lasts."},
            [](auto &c) -> auto & { return c.store.kind; }),
        option(
            {.table = "store",
             .key = "path",
             .fallback = R"("")",
             .form = &kFile,
             .help = "File of the sqlite store; empty: store.db in the data folder."},
            [](auto &c) -> auto & { return c.store.path; }),
        option(
            {.table = "store",
             .key = "endpoints",
             .fallback = "[]",
             .max = 16,
             .form = &kEndpoint,
             .help = "Every member of the etcd cluster."},
            [](auto &c) -> auto & { return c.store.endpoints; }),
        option(
            {.table = "store",
             .key = "ca_file",
             .fallback = R"("")",
             .form = &kFile,
             .help = "CAs of the etcd servers, PEM; empty: those of the system."},
            [](auto &c) -> auto & { return c.store.ca_file; }),
        option(
            {.table = "store",
             .key = "certificate_file",
             .fallback = R"("")",
             .form = &kFile,
             .help = "Certificate of this client of etcd, PEM; with key_file or not at all."},
            [](auto &c) -> auto & { return c.store.certificate_file; }),
        option(
            {.table = "store",
             .key = "key_file",
             .fallback = R"("")",
             .form = &kFile,
             .help = "Its private key, PEM."},
            [](auto &c) -> auto & { return c.store.key_file; }),
        option(
            {.table = "store",
             .key = "username",
             .fallback = R"("")",
             .form = &kWord,
             .help = "User of etcd; empty: none, or the certificate's common name."},
            [](auto &c) -> auto & { return c.store.username; }),
        option(
            {.table = "store",
             .key = "password_file",
             .fallback = R"("")",
             .form = &kFile,
             .help = "File whose first line is the password of the user."},
            [](auto &c) -> auto & { return c.store.password_file; }),
        option(
            {.table = "store",
             .key = "prefix",
             .fallback = R"("/coax/")",
             .form = &kPrefix,
             .help = "Everything of ours in etcd is below it."},
            [](auto &c) -> auto & { return c.store.prefix; }),
        option(
            {.table = "metrics",
             .key = "listen",
             .fallback = R"("127.0.0.1:9788")",
             .help = "TCP address of the metrics; empty: none."},
            [](auto &c) -> auto & { return c.metrics_listen; }),
        option(
            {.table = "limits",
             .key = "streams",
             .fallback = "10000",
             .min = 1,
             .max = 100000,
             .help = "Agents at a time; more are told to come back later."},
            [](auto &c) -> auto & { return c.limits.streams; }),
        option(
            {.table = "limits",
             .key = "unfinished",
             .fallback = "2000",
             .min = 1,
             .max = 100000,
             .help = "Agents at a time that have not shown yet who they are."},
            [](auto &c) -> auto & { return c.limits.unfinished; }),
        option(
            {.table = "limits",
             .key = "messages_per_second",
             .fallback = "20",
             .min = 1,
             .max = 10000,
             .help = "Of one agent, in the long run; who sends more is refused."},
            [](auto &c) -> auto & { return c.limits.messages_per_second; }),
        option(
            {.table = "limits",
             .key = "message_burst",
             .fallback = "100",
             .min = 10,
             .max = 10000,
             .help = "Of one agent, at once."},
            [](auto &c) -> auto & { return c.limits.message_burst; }),
        option(
            {.table = "limits",
             .key = "coalesce_ms",
             .fallback = "20",
             .min = 0,
             .max = 1000,
             .help = "Changes of so many milliseconds reach agents as one."},
            [](auto &c) -> auto & { return c.limits.coalesce; }),
    };
}

} // namespace

std::string_view to_string(StoreKind kind) {
    const auto &all = Choices<StoreKind>::kAll;
    return std::find_if(all.begin(), all.end(), [&](const auto &c) { return c.second == kind; })
        ->first;
}

bool is_host_and_port(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0)
        return false;
    const std::string_view host = text.substr(0, colon);
    const std::string_view port = text.substr(colon + 1);
    std::uint16_t number = 0;
    const auto parsed = std::from_chars(port.data(), port.data() + port.size(), number);
    if (parsed.ec != std::errc() || parsed.ptr != port.data() + port.size() || number == 0)
        return false;
    if (host.starts_with('['))
        return SocketAddress::parse(text).ok();
    return host.size() <= kHostMax && is_printable(host) &&
           host.find_first_of(":/[]") == std::string_view::npos;
}

std::string ControllerOption::name() const {
    return fmt::format("{}.{}", row.table, row.key);
}

std::string ControllerOption::sample() const {
    return fmt::format("{} = {}", row.key, row.example.empty() ? row.fallback : row.example);
}

std::string ControllerOption::expected_whole() const {
    return list ? fmt::format("a list of {}..{} elements, each {}", row.min, row.max, expected)
                : expected;
}

std::span<const ControllerTable> controller_tables() {
    return kTables;
}

std::span<const ControllerOption> controller_options() {
    static const std::vector<ControllerOption> kOptions = [] {
        std::vector<ControllerOption> all = controller_rows();
        for (ControllerOption &row : other_rows())
            all.push_back(std::move(row));
        return all;
    }();
    return kOptions;
}

} // namespace coax
