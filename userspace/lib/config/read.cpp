// SPDX-License-Identifier: Apache-2.0
#include "lib/config/read.h"

#include <algorithm>

#include <fmt/format.h>

#include "lib/base/text.h"
#include "lib/config/option.h"

namespace coax {
namespace {

/// "; did you mean X?", or where to look.
std::string advice(std::string_view found, const std::vector<std::string_view> &known) {
    const std::string_view meant = closest(found, known);
    return meant.empty() ? "; `coaxd --help-config` lists all"
                         : fmt::format("; did you mean {}?", meant);
}

class Reader {
  public:
    explicit Reader(Problems &problems) : problems_(problems) {}

    Draft read(const ValueTable &document) {
        for (const Entry &entry : document)
            read_entry(entry);
        for (const TableSpec &table : config_tables())
            if (!table.list && !draft_.lines.contains(table.name))
                read_once(table, {}, 1);
        return std::move(draft_);
    }

  private:
    void read_entry(const Entry &entry) {
        const auto tables = config_tables();
        const auto table = std::find_if(tables.begin(), tables.end(),
                                        [&](const TableSpec &t) { return t.name == entry.key; });
        if (table == tables.end())
            unknown_table(entry);
        else if (table->list)
            read_list(*table, entry);
        else if (const auto *content = std::get_if<ValueTable>(&entry.value.data))
            read_once(*table, *content, entry.value.line);
        else
            problems_.add(entry.line, entry.key,
                          fmt::format("expected one table, found {}; write [{}] once",
                                      entry.value.describe(), entry.key));
    }

    void unknown_table(const Entry &entry) {
        all_tables_known_ = false;
        std::vector<std::string_view> names;
        for (const TableSpec &table : config_tables())
            names.push_back(table.name);
        problems_.add(entry.line, quoted_key(entry.key),
                      fmt::format("expected a known table, found an unknown one{}",
                                  advice(entry.key, names)));
    }

    void read_once(const TableSpec &table, const ValueTable &content, int line) {
        Lines lines(line);
        read_table(table, content, &draft_.state, lines);
        draft_.lines.emplace(table.name, std::move(lines));
    }

    void read_list(const TableSpec &table, const Entry &entry) {
        const auto *list = std::get_if<ValueList>(&entry.value.data);
        if (list == nullptr) {
            problems_.add(entry.line, entry.key,
                          fmt::format("expected a list of tables, found {}; write [[{}]]",
                                      entry.value.describe(), entry.key));
            return;
        }
        for (const Value &value : *list) {
            if (const auto *content = std::get_if<ValueTable>(&value.data))
                read_item(table, *content, value.line);
            else
                problems_.add(value.line, entry.key,
                              fmt::format("expected a table, found {}; write [[{}]]",
                                          value.describe(), entry.key));
        }
    }

    void read_item(const TableSpec &table, const ValueTable &content, int line) {
        if (table.name == "peer")
            read_into(draft_.peers, table, content, line);
        else if (table.name == "network")
            read_into(draft_.networks, table, content, line);
        else if (table.name == "port")
            read_into(draft_.ports, table, content, line);
        else
            read_into(draft_.endpoints, table, content, line);
    }

    template <typename Item>
    void read_into(std::vector<Item> &items, const TableSpec &table, const ValueTable &content,
                   int line) {
        Item &item = items.emplace_back();
        item.lines = Lines(line);
        read_table(table, content, &item, item.lines);
    }

    void read_table(const TableSpec &table, const ValueTable &content, const Target &target,
                    Lines &lines) {
        // Nothing is called missing beside a name that is unknown: it may just be mistyped.
        bool all_known = all_tables_known_;
        for (const Entry &entry : content)
            all_known = read_key(table, entry, target, lines) && all_known;
        for (const Option &option : config_options()) {
            if (option.row.table != table.name || lines.has(option.row.key))
                continue;
            if (option.fallback)
                store(option, *option.fallback, target);
            else if (option.required() && all_known)
                missing(option, lines.table());
        }
    }

    /// False when the key is unknown.
    bool read_key(const TableSpec &table, const Entry &entry, const Target &target, Lines &lines) {
        std::vector<std::string_view> names;
        for (const Option &option : config_options()) {
            if (option.row.table != table.name)
                continue;
            if (option.row.key == entry.key) {
                lines.set(entry.key, lines_of(entry));
                store(option, entry.value, target);
                return true;
            }
            names.push_back(option.row.key);
        }
        problems_.add(entry.line, fmt::format("{}.{}", table.name, quoted_key(entry.key)),
                      fmt::format("expected an option of [{}], found an unknown key{}", table.name,
                                  advice(entry.key, names)));
        return false;
    }

    static std::vector<int> lines_of(const Entry &entry) {
        std::vector<int> lines{entry.line};
        if (const auto *list = std::get_if<ValueList>(&entry.value.data))
            for (const Value &value : *list)
                lines.push_back(value.line);
        return lines;
    }

    void store(const Option &option, const Value &value, const Target &target) {
        if (!option.list) {
            store_element(option, value, target);
            return;
        }
        const auto *list = std::get_if<ValueList>(&value.data);
        const auto count = static_cast<std::int64_t>(list == nullptr ? 0 : list->size());
        if (list == nullptr || count < option.row.min ||
            (option.row.max != 0 && count > option.row.max)) {
            wrong_list(option, value.line,
                       list == nullptr ? value.describe() : fmt::format("{} elements", count));
            return;
        }
        for (const Value &element : *list)
            store_element(option, element, target);
    }

    void store_element(const Option &option, const Value &value, const Target &target) {
        if (const Status status = option.assign(option.row, value, target); !status.ok())
            problems_.add(
                value.line, option.name(),
                fmt::format("{}; write for example {}", status.error().message(), option.sample()));
    }

    void wrong_list(const Option &option, int line, std::string_view found) {
        problems_.add(line, option.name(),
                      fmt::format("expected {}, found {}; write for example {}",
                                  expected_of(option), found, option.sample()));
    }

    void missing(const Option &option, int line) {
        problems_.add(line, option.name(),
                      fmt::format("expected {}, found nothing; add for example {}",
                                  expected_of(option), option.sample()));
    }

    static std::string expected_of(const Option &option) {
        if (!option.list)
            return option.expected;
        if (option.row.max == 0)
            return fmt::format("a list, each element {}", option.expected);
        return fmt::format("a list of {}..{} elements, each {}", option.row.min, option.row.max,
                           option.expected);
    }

    /// Keys of the file may hold anything when quoted there.
    static std::string quoted_key(const std::string &key) {
        const std::string escaped = quoted(key);
        return escaped == fmt::format("\"{}\"", key) ? key : escaped;
    }

    Problems &problems_;
    Draft draft_;
    bool all_tables_known_ = true;
};

} // namespace

Draft read_draft(const ValueTable &document, Problems &problems) {
    return Reader(problems).read(document);
}

} // namespace coax
