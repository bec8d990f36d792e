// SPDX-License-Identifier: Apache-2.0
#include <set>

#include <gtest/gtest.h>

#include "lib/bpf/datapath.h"

namespace coax {
namespace {

TEST(Texts, every_drop_reason_has_a_text_and_a_label_of_its_own) {
    std::set<std::string_view> labels;
    for (std::uint32_t reason = 0; reason < COAX_DROP_REASONS_COUNT; ++reason) {
        EXPECT_FALSE(drop_reason_text(reason).empty()) << reason;
        EXPECT_NE(drop_reason_label(reason), "unknown") << reason;
        EXPECT_TRUE(labels.insert(drop_reason_label(reason)).second) << drop_reason_label(reason);
    }
}

TEST(Texts, every_counter_has_a_text_and_a_label_of_its_own) {
    std::set<std::string_view> labels;
    for (std::uint32_t counter = 0; counter < COAX_COUNTERS_COUNT; ++counter) {
        EXPECT_FALSE(counter_text(counter).empty()) << counter;
        EXPECT_NE(counter_label(counter), "unknown") << counter;
        EXPECT_TRUE(labels.insert(counter_label(counter)).second) << counter_label(counter);
    }
}

TEST(Texts, every_hook_has_a_label_of_its_own) {
    std::set<std::string_view> labels;
    for (std::uint32_t hook = 0; hook < COAX_HOOKS_COUNT; ++hook) {
        EXPECT_NE(hook_label(hook), "unknown") << hook;
        EXPECT_TRUE(labels.insert(hook_label(hook)).second) << hook_label(hook);
    }
}

TEST(Texts, labels_are_metric_labels) {
    const auto is_label = [](std::string_view label) {
        return !label.empty() && label.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") ==
                                     std::string_view::npos;
    };
    for (std::uint32_t reason = 0; reason < COAX_DROP_REASONS_COUNT; ++reason)
        EXPECT_TRUE(is_label(drop_reason_label(reason))) << drop_reason_label(reason);
    for (std::uint32_t counter = 0; counter < COAX_COUNTERS_COUNT; ++counter)
        EXPECT_TRUE(is_label(counter_label(counter))) << counter_label(counter);
    for (std::uint32_t hook = 0; hook < COAX_HOOKS_COUNT; ++hook)
        EXPECT_TRUE(is_label(hook_label(hook))) << hook_label(hook);
}

TEST(Texts, a_number_of_a_newer_version_is_unknown_and_not_a_crash) {
    EXPECT_EQ(drop_reason_label(COAX_DROP_REASONS_COUNT), "unknown");
    EXPECT_EQ(hook_label(COAX_HOOKS_COUNT), "unknown");
    EXPECT_EQ(counter_label(~0U), "unknown");
}

} // namespace
} // namespace coax
