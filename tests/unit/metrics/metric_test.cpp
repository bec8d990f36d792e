// SPDX-License-Identifier: Apache-2.0
#include "lib/metrics/metric.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "lib/base/file.h"

namespace coax {
namespace {

constexpr std::size_t kFileMaxBytes = 1U << 20U;

bool is_name(std::string_view text) {
    return !text.empty() &&
           std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

class EveryMetric : public testing::TestWithParam<std::size_t> {
  protected:
    const MetricSpec &spec() const { return metric_specs()[GetParam()]; }
};

TEST_P(EveryMetric, is_found_by_its_number) {
    EXPECT_EQ(spec_of(spec().metric).name, spec().name);
}

TEST_P(EveryMetric, is_named_by_project_module_noun_and_unit) {
    EXPECT_TRUE(is_name(spec().name));
    EXPECT_TRUE(spec().name.starts_with("coax_") || spec().name.starts_with("process_"));
    EXPECT_EQ(spec().kind == MetricKind::kCounter, spec().name.ends_with("_total"));
    EXPECT_FALSE(spec().unit().empty());
    EXPECT_NE(spec().module(), "total");
}

TEST_P(EveryMetric, has_a_sentence_and_labels_that_are_names) {
    EXPECT_TRUE(spec().help.ends_with("."));
    EXPECT_EQ(spec().help.find('\n'), std::string_view::npos);
    for (const std::string &label : spec().labels())
        EXPECT_TRUE(is_name(label)) << label;
}

INSTANTIATE_TEST_SUITE_P(Rows, EveryMetric, testing::Range(std::size_t{0}, metric_specs().size()),
                         [](const auto &row) {
                             return std::string(metric_specs()[row.param].name);
                         });

TEST(Metrics, are_named_once) {
    std::set<std::string_view> names;
    for (const MetricSpec &spec : metric_specs())
        EXPECT_TRUE(names.insert(spec.name).second) << spec.name;
}

TEST(Metrics, have_the_unit_of_their_name) {
    EXPECT_EQ(spec_of(Metric::kPeerReceiveBytes).unit(), "bytes");
    EXPECT_EQ(spec_of(Metric::kPeerHandshakeAge).unit(), "seconds");
    EXPECT_EQ(spec_of(Metric::kMapCapacity).unit(), "entries");
    EXPECT_EQ(spec_of(Metric::kPeerUp).unit(), "1 or 0");
    EXPECT_EQ(spec_of(Metric::kAgentBuildInfo).unit(), "1");
    EXPECT_EQ(spec_of(Metric::kNetworkPorts).unit(), "count");
}

TEST(MetricsReference, file_is_what_the_list_says) {
    const auto file = read_file(COAX_METRICS_REFERENCE, kFileMaxBytes);
    ASSERT_TRUE(file.ok()) << file.error().message();
    EXPECT_EQ(*file, metrics_reference_markdown()) << "run `ninja metrics_reference`";
}

} // namespace
} // namespace coax
