// SPDX-License-Identifier: Apache-2.0
#include "controller/config/config.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "controller/config/option.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/config/draft.h"
#include "lib/config/problems.h"

namespace coax {
namespace {

constexpr std::size_t kFileMaxBytes = 1U << 20U;
constexpr int kAlivePerLease = 3;

/// "; did you mean X?", or the whole choice.
std::string advice(std::string_view found, const std::vector<std::string_view> &known) {
    if (const std::string_view meant = closest(found, known); !meant.empty())
        return fmt::format("; did you mean {}?", meant);
    return fmt::format("; there are {}", fmt::join(known, ", "));
}

std::vector<std::string_view> keys_of(std::string_view table) {
    std::vector<std::string_view> names;
    for (const ControllerOption &option : controller_options())
        if (option.row.table == table)
            names.push_back(option.row.key);
    return names;
}

class Reader {
  public:
    ControllerConfig read(const ValueTable &document) {
        for (const Entry &entry : document)
            read_table(entry);
        for (const ControllerOption &option : controller_options())
            if (!lines_[option.row.table].has(option.row.key))
                fall_back(option);
        check();
        return std::move(config_);
    }
    [[nodiscard]] const Problems &problems() const { return problems_; }

  private:
    void read_table(const Entry &entry) {
        std::vector<std::string_view> names;
        for (const ControllerTable &table : controller_tables())
            names.push_back(table.name);
        const auto known = std::find(names.begin(), names.end(), entry.key);
        const auto *content = std::get_if<ValueTable>(&entry.value.data);
        if (known == names.end()) {
            all_known_ = false;
            problems_.add(entry.line, coax::quoted(entry.key),
                          "expected a known table, found an unknown one" +
                              advice(entry.key, names));
        } else if (content == nullptr) {
            problems_.add(entry.line, entry.key,
                          fmt::format("expected one table, found {}; write [{}] once",
                                      entry.value.describe(), entry.key));
        } else {
            lines_[*known] = Lines(entry.value.line);
            for (const Entry &option : *content)
                read_option(*known, option);
        }
    }

    void read_option(std::string_view table, const Entry &entry) {
        for (const ControllerOption &option : controller_options()) {
            if (option.row.table == table && option.row.key == entry.key) {
                lines_[table].set(entry.key, {entry.line});
                return store(option, entry.value);
            }
        }
        all_known_ = false;
        problems_.add(entry.line, fmt::format("{}.{}", table, coax::quoted(entry.key)),
                      fmt::format("expected an option of [{}], found an unknown key{}", table,
                                  advice(entry.key, keys_of(table))));
    }

    void fall_back(const ControllerOption &option) {
        if (option.fallback)
            return store(option, *option.fallback);
        // Nothing is called missing beside a name that is unknown: it may just be mistyped.
        if (all_known_)
            problems_.add(lines_[option.row.table].table(), option.name(),
                          fmt::format("expected {}, found nothing; add for example {}",
                                      option.expected_whole(), option.sample()));
    }

    void store(const ControllerOption &option, const Value &value) {
        if (!option.list)
            return store_element(option, value);
        const auto *list = std::get_if<ValueList>(&value.data);
        const auto count = static_cast<std::int64_t>(list == nullptr ? 0 : list->size());
        if (list == nullptr || count < option.row.min || count > option.row.max)
            return problems_.add(
                value.line, option.name(),
                fmt::format("expected {}, found {}", option.expected_whole(),
                            list == nullptr ? value.describe() : fmt::format("{}", count)));
        for (const Value &element : *list)
            store_element(option, element);
    }

    void store_element(const ControllerOption &option, const Value &value) {
        if (const Status done = option.assign(option.row, value, config_); !done.ok())
            problems_.add(
                value.line, option.name(),
                fmt::format("{}; write for example {}", done.error().message(), option.sample()));
    }

    void expect(bool holds, std::string_view table, std::string_view key, std::string_view text) {
        if (!holds)
            problems_.add(lines_[table].of(key), fmt::format("{}.{}", table, key), text);
    }

    /// What holds between options.
    void check() {
        if (!problems_.empty())
            return;
        const auto &store = config_.store;
        const bool pool =
            config_.vtep_pool.address.is_v4() && config_.vtep_pool.network() == config_.vtep_pool;
        expect(pool, "controller", "vtep_pool",
               fmt::format("expected an IPv4 network without host bits, found {}",
                           config_.vtep_pool.to_string()));
        expect(config_.alive * kAlivePerLease <= config_.lease, "controller", "alive_seconds",
               fmt::format("expected at most a third of lease_seconds ({}), found {}: one lost "
                           "message must not end a lease",
                           config_.lease.count(), config_.alive.count()));
        for (const ListenAddress &listen : config_.listen)
            expect(listen.address.has_value(), "controller", "listen",
                   "expected an address with port, found \"\"");
        const bool etcd = store.kind == StoreKind::kEtcd;
        expect(!etcd || !store.endpoints.empty(), "store", "endpoints",
               "expected the members of the etcd cluster, found none; store.kind is \"etcd\"");
        expect(etcd || store.endpoints.empty(), "store", "endpoints",
               "expected no members of etcd, found some; write kind = \"etcd\" to use them");
        expect(store.certificate_file.empty() == store.key_file.empty(), "store", "key_file",
               "expected certificate_file and key_file together, found one of them");
    }

    ControllerConfig config_;
    Problems problems_;
    std::map<std::string_view, Lines> lines_;
    bool all_known_ = true;
};

} // namespace

Result<ControllerConfig> parse_controller_config(std::string_view text,
                                                 const std::string &file_name) {
    COAX_ASSIGN_OR_RETURN(const ValueTable document, parse_document(text, file_name));
    Reader reader;
    ControllerConfig config = reader.read(document);
    COAX_TRY(reader.problems().status(file_name));
    return config;
}

Result<ControllerConfig> load_controller_config(const std::filesystem::path &folder) {
    const std::filesystem::path file = folder / kControllerConfigFile;
    auto text = read_file(file, kFileMaxBytes);
    if (text.ok())
        return parse_controller_config(*text, file.string());
    if (text.error().code() == ErrorCode::kNotFound)
        return Error(ErrorCode::kNotFound,
                     text.error().message() +
                         "; `coax-controller init --network-id NAME` makes what is needed");
    return text.error();
}

std::string controller_config_reference() {
    std::string out = "<!-- Made from the table of options by `ninja controller_reference`; do not "
                      "edit. -->\n# controller.toml\n";
    for (const ControllerTable &table : controller_tables()) {
        out += fmt::format("\n## [{}]\n\n{}\n\n| key | type | default | range | meaning |\n"
                           "|---|---|---|---|---|\n",
                           table.name, table.help);
        for (const ControllerOption &option : controller_options())
            if (option.row.table == table.name)
                out += fmt::format("| `{}` | {}{} | {} | {} | {} |\n", option.row.key,
                                   option.list ? "list of " : "", option.type,
                                   option.fallback ? fmt::format("`{}`", option.row.fallback)
                                                   : "required",
                                   option.range, option.row.help);
    }
    return out;
}

} // namespace coax
