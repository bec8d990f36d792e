// SPDX-License-Identifier: Apache-2.0
#include "lib/config/option.h"

#include <algorithm>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "lib/base/file.h"
#include "lib/config/config.h"
#include "lib/config/document.h"

namespace coax {
namespace {

constexpr std::size_t kFileMaxBytes = 1U << 20U;

class EveryOption : public testing::TestWithParam<std::size_t> {
  protected:
    const Option &option() const { return config_options()[GetParam()]; }

    Target target() {
        if (option().row.table == "peer")
            return &peer_;
        if (option().row.table == "network")
            return &network_;
        if (option().row.table == "port")
            return &port_;
        if (option().row.table == "endpoint")
            return &endpoint_;
        return &state_;
    }

    DesiredState state_;
    PeerDraft peer_;
    NetworkDraft network_;
    PortDraft port_;
    EndpointDraft endpoint_;
};

TEST_P(EveryOption, belongs_to_a_table_and_has_a_sentence) {
    const auto tables = config_tables();
    EXPECT_TRUE(std::any_of(tables.begin(), tables.end(), [this](const TableSpec &table) {
        return table.name == option().row.table;
    }));
    EXPECT_TRUE(option().row.help.ends_with("."));
}

TEST_P(EveryOption, stores_its_own_sample) {
    const auto document = parse_document(option().sample(), "sample");
    ASSERT_TRUE(document.ok()) << option().sample();
    const Value &value = document->front().value;
    if (const auto *list = std::get_if<ValueList>(&value.data)) {
        EXPECT_TRUE(option().list);
        for (const Value &element : *list)
            EXPECT_TRUE(option().assign(option().row, element, target()).ok());
    } else {
        EXPECT_TRUE(option().assign(option().row, value, target()).ok());
    }
}

TEST_P(EveryOption, has_a_default_that_reads_or_says_where_it_comes_from) {
    EXPECT_EQ(option().fallback.has_value(), !option().row.fallback.empty());
    if (option().required()) {
        EXPECT_FALSE(option().row.example.empty());
    }
    if (option().fallback && !option().list) {
        EXPECT_TRUE(option().assign(option().row, *option().fallback, target()).ok());
    }
}

TEST_P(EveryOption, refuses_a_value_of_another_kind) {
    const Value other{1, OtherValue{"a date"}};
    const Status status = option().assign(option().row, other, target());
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().message(),
              fmt::format("expected {}, found a date", option().expected));
}

TEST_P(EveryOption, refuses_numbers_outside_of_its_range) {
    if (option().type != "integer")
        return;
    EXPECT_LE(option().row.min, option().row.max);
    for (const std::int64_t number : {option().row.min - 1, option().row.max + 1})
        EXPECT_FALSE(option().assign(option().row, {1, number}, target()).ok()) << number;
    for (const std::int64_t number : {option().row.min, option().row.max})
        EXPECT_TRUE(option().assign(option().row, {1, number}, target()).ok()) << number;
}

INSTANTIATE_TEST_SUITE_P(Rows, EveryOption, testing::Range(std::size_t{0}, config_options().size()),
                         [](const auto &row) {
                             std::string name = config_options()[row.param].name();
                             std::replace(name.begin(), name.end(), '.', '_');
                             return name;
                         });

TEST(Options, are_named_once) {
    std::set<std::string> names;
    for (const Option &option : config_options())
        EXPECT_TRUE(names.insert(option.name()).second) << option.name();
}

TEST(Reference, file_is_what_the_table_says) {
    const auto file = read_file(COAX_CONFIG_REFERENCE, kFileMaxBytes);
    ASSERT_TRUE(file.ok()) << file.error().message();
    EXPECT_EQ(*file, config_reference_markdown()) << "run `ninja config_reference`";
}

TEST(Reference, names_every_option) {
    const std::string text = config_reference_text();
    const std::string markdown = config_reference_markdown();
    for (const Option &option : config_options()) {
        EXPECT_NE(text.find(fmt::format("\n  {}: ", option.row.key)), std::string::npos);
        EXPECT_NE(markdown.find(fmt::format("| `{}` |", option.row.key)), std::string::npos);
    }
}

TEST(Reference, text_fits_80_columns) {
    constexpr std::size_t kColumns = 80;
    std::istringstream text(config_reference_text());
    for (std::string line; std::getline(text, line);)
        EXPECT_LE(line.size(), kColumns) << line;
}

} // namespace
} // namespace coax
