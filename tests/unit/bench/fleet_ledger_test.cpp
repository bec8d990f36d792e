// SPDX-License-Identifier: Apache-2.0
#include "bench/fleet/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/fleet/json_text.h"

namespace coax::bench {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

TimePoint at(int ms) {
    return TimePoint(milliseconds(ms));
}

/// Three agents that are there and know each other from the start.
class LedgerTest : public testing::Test {
  protected:
    LedgerTest() {
        for (std::size_t i = 0; i < 3; ++i) {
            ledger_.started(i, at(0));
            ledger_.welcomed(i, at(1));
        }
        for (std::size_t node = 0; node < 3; ++node) {
            ledger_.announced(node, "first", at(2));
            for (std::size_t agent = 0; agent < 3; ++agent)
                ledger_.heard(agent, node, "first", at(3));
        }
        (void)ledger_.take_samples();
    }

    Ledger ledger_{3};
};

TEST_F(LedgerTest, all_know_all_when_the_last_has_heard_of_the_last) {
    EXPECT_EQ(ledger_.knowing_all(), 3U);
    EXPECT_FALSE(ledger_.is_spreading());
    ledger_.announced(0, "second", at(10));
    EXPECT_EQ(ledger_.knowing_all(), 1U); // the node itself
    ledger_.heard(1, 0, "second", at(12));
    EXPECT_EQ(ledger_.knowing_all(), 2U);
    EXPECT_EQ(ledger_.times(1).knew_all, at(12));
    EXPECT_TRUE(ledger_.is_spreading(0));
    ledger_.heard(2, 0, "second", at(15));
    EXPECT_EQ(ledger_.knowing_all(), 3U);
    EXPECT_FALSE(ledger_.is_spreading());
    const Samples samples = ledger_.take_samples();
    EXPECT_THAT(samples.reached_each, ElementsAre(2.F, 5.F));
    EXPECT_THAT(samples.reached_all, ElementsAre(5.F));
}

TEST_F(LedgerTest, what_a_node_said_before_counts_for_nothing) {
    ledger_.announced(0, "second", at(10));
    ledger_.heard(1, 0, "first", at(11));
    EXPECT_EQ(ledger_.knowing_all(), 1U);
    ledger_.heard(1, 0, "second", at(12));
    ledger_.heard(1, 0, "second", at(13));
    EXPECT_THAT(ledger_.take_samples().reached_each, ElementsAre(2.F));
}

TEST_F(LedgerTest, the_same_word_again_is_no_change) {
    ledger_.announced(0, "first", at(10));
    EXPECT_EQ(ledger_.knowing_all(), 3U);
    EXPECT_FALSE(ledger_.is_spreading());
}

TEST_F(LedgerTest, an_agent_that_left_holds_nothing_up) {
    ledger_.announced(0, "second", at(10));
    ledger_.heard(1, 0, "second", at(12));
    ledger_.lost(2);
    EXPECT_FALSE(ledger_.is_spreading());
    EXPECT_THAT(ledger_.take_samples().reached_all, ElementsAre(2.F));
}

TEST_F(LedgerTest, an_agent_that_came_later_is_no_sample_of_what_was_said_before) {
    ledger_.lost(2);
    ledger_.announced(0, "second", at(10));
    ledger_.started(2, at(11));
    ledger_.welcomed(2, at(15));
    ledger_.heard(2, 0, "second", at(18));
    EXPECT_TRUE(ledger_.is_spreading(0)); // agent 1 was there
    ledger_.heard(1, 0, "second", at(20));
    const Samples samples = ledger_.take_samples();
    EXPECT_THAT(samples.reached_each, ElementsAre(10.F));
    EXPECT_THAT(samples.reached_all, ElementsAre(10.F));
    EXPECT_EQ(ledger_.knowing_all(), 3U);
}

TEST_F(LedgerTest, nobody_there_means_that_nothing_spreads) {
    for (std::size_t i = 0; i < 3; ++i)
        ledger_.lost(i);
    ledger_.announced(0, "second", at(10));
    EXPECT_FALSE(ledger_.is_spreading());
    EXPECT_THAT(ledger_.take_samples().reached_all, IsEmpty());
}

TEST_F(LedgerTest, is_settled_when_all_are_there_and_nothing_is_lacking) {
    EXPECT_FALSE(ledger_.is_settled());
    for (std::size_t i = 0; i < 3; ++i)
        ledger_.told(i, at(8));
    EXPECT_TRUE(ledger_.is_settled());
    ledger_.lost(1);
    EXPECT_FALSE(ledger_.is_settled());
    ledger_.welcomed(1, at(9));
    ledger_.told(1, at(10));
    EXPECT_TRUE(ledger_.is_settled());
    ledger_.announced(0, "second", at(11));
    EXPECT_FALSE(ledger_.is_settled());
}

TEST_F(LedgerTest, an_agent_is_current_once_per_stream) {
    ledger_.told(1, at(8));
    ledger_.told(1, at(9));
    EXPECT_THAT(ledger_.take_samples().current, ElementsAre(8.F));
    EXPECT_EQ(ledger_.current_since(at(2)), 1U);
    ledger_.lost(1);
    EXPECT_EQ(ledger_.current_since(at(2)), 0U);
    ledger_.started(1, at(20));
    ledger_.told(1, at(21)); // before the welcome: of no stream
    ledger_.welcomed(1, at(22));
    EXPECT_EQ(ledger_.there_since(at(2)), 1U);
    EXPECT_EQ(ledger_.current_since(at(2)), 0U);
    ledger_.told(1, at(30));
    EXPECT_THAT(ledger_.take_samples().current, ElementsAre(10.F));
}

TEST(Summary, takes_the_nearest_rank) {
    std::vector<double> values;
    for (int i = 100; i > 0; --i)
        values.push_back(i);
    EXPECT_EQ(summary(values),
              (nlohmann::json{{"count", 100}, {"p50", 50.0}, {"p99", 99.0}, {"max", 100.0}}));
    EXPECT_EQ(summary(std::vector<double>{7}),
              (nlohmann::json{{"count", 1}, {"p50", 7.0}, {"p99", 7.0}, {"max", 7.0}}));
    EXPECT_EQ(summary(std::vector<double>{}), (nlohmann::json{{"count", 0}}));
}

} // namespace
} // namespace coax::bench
