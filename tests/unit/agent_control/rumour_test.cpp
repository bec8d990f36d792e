// SPDX-License-Identifier: Apache-2.0
#include "agent/control/rumour.h"

#include <chrono>
#include <deque>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "harness/fake_clock.h"

namespace coax {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Mail::Text text_of_mail(const std::string &bytes) {
    return std::as_bytes(std::span(bytes));
}

/// Nodes 1..N whose mail meets here; `passes` decides what is delivered.
class RumourTest : public testing::Test {
  protected:
    struct Node final : Mail {
        RumourTest &test;
        NodeId id;
        std::uint64_t version = 0;
        std::string list;
        bool believes = true;
        int offers = 0;
        Rumour rumour;

        Node(RumourTest &owner, std::uint32_t number)
            : test(owner),
              id(number),
              rumour(
                  *this, owner.clock_,
                  [this](NodeId, const std::string &bytes) { return take(bytes); }, number) {}
        Status send(NodeId to, Text text) override {
            const auto *chars = static_cast<const char *>(static_cast<const void *>(text.data()));
            test.queue_.push_back({id, to, std::string(chars, text.size())});
            return {};
        }
        void listen(Handler) override {}
        bool take(const std::string &bytes) {
            ++offers;
            if (believes)
                have(std::stoull(bytes), bytes);
            return believes;
        }
        void have(std::uint64_t new_version, const std::string &bytes) {
            version = new_version;
            list = bytes;
            rumour.set_list(version, list);
        }
    };
    struct Letter {
        NodeId from, to;
        std::string text;
    };

    void make(std::uint32_t count) {
        std::set<NodeId> all;
        for (std::uint32_t i = 1; i <= count; ++i) {
            nodes_.push_back(std::make_unique<Node>(*this, i));
            all.insert(NodeId(i));
        }
        for (auto &node : nodes_) {
            std::set<NodeId> others = all;
            others.erase(node->id);
            node->rumour.set_peers(others);
        }
    }
    Node &node(std::uint32_t number) { return *nodes_.at(number - 1); }
    /// Starts with its version, so that a test can see which it is.
    static std::string list_of(std::uint64_t version, std::size_t size) {
        std::string out = std::to_string(version) + " ";
        while (out.size() < size)
            out += static_cast<char>('a' + out.size() % 26);
        return out;
    }
    void deliver() {
        while (!queue_.empty()) {
            const Letter letter = queue_.front();
            queue_.pop_front();
            ++letters_;
            if (passes_(letter))
                node(letter.to.value()).rumour.heard(letter.from, text_of_mail(letter.text));
        }
    }
    void run(seconds time) {
        for (const auto end = clock_.monotonic_now() + time; clock_.monotonic_now() < end;) {
            clock_.advance(milliseconds(500));
            for (auto &one : nodes_)
                one->rumour.tick();
            deliver();
        }
    }

    FakeClock clock_;
    std::vector<std::unique_ptr<Node>> nodes_;
    std::deque<Letter> queue_;
    std::function<bool(const Letter &)> passes_ = [](const Letter &) { return true; };
    int letters_ = 0;
};

TEST_F(RumourTest, a_list_reaches_all_soon) {
    make(20);
    node(7).have(3, list_of(3, 700));
    run(seconds(3));
    for (const auto &one : nodes_)
        EXPECT_EQ(one->version, 3U);
}

TEST_F(RumourTest, a_list_passes_through_those_between) {
    make(5); // a line: only neighbours reach each other
    passes_ = [](const Letter &letter) {
        return std::max(letter.from, letter.to).value() -
                   std::min(letter.from, letter.to).value() ==
               1;
    };
    node(1).have(9, list_of(9, 5000));
    run(seconds(20));
    EXPECT_TRUE(node(5).list == node(1).list) << node(5).list.size();
}

TEST_F(RumourTest, the_largest_list_comes_whole) {
    make(2);
    node(1).have(1, list_of(1, 4 * 1024 * 1024));
    run(seconds(300));
    EXPECT_TRUE(node(2).list == node(1).list) << node(2).list.size();
}

TEST_F(RumourTest, mail_that_is_lost_is_asked_for_again) {
    make(2);
    int count = 0;
    passes_ = [&](const Letter &) { return ++count % 3 != 0; };
    node(1).have(2, list_of(2, 20'000));
    run(seconds(200));
    EXPECT_TRUE(node(2).list == node(1).list) << node(2).list.size();
}

TEST_F(RumourTest, who_has_an_older_list_is_told_when_it_says_so) {
    make(2);
    node(1).have(5, list_of(5, 300));
    passes_ = [](const Letter &) { return false; };
    run(seconds(200));
    node(2).have(4, list_of(4, 300));
    passes_ = [](const Letter &) { return true; };
    run(seconds(2));
    EXPECT_EQ(node(2).version, 5U);
}

TEST_F(RumourTest, nothing_is_said_all_the_time) {
    make(2);
    node(1).have(5, list_of(5, 300));
    run(seconds(10));
    letters_ = 0;
    run(seconds(600));
    EXPECT_LE(letters_, 2 * 600 / 30 + 2);
}

TEST_F(RumourTest, a_list_that_does_not_verify_is_not_asked_for_again_soon) {
    make(2);
    node(2).believes = false;
    node(1).have(8, list_of(8, 300));
    run(seconds(500));
    EXPECT_EQ(node(2).offers, 1);
    EXPECT_EQ(node(2).version, 0U);
}

TEST_F(RumourTest, a_peer_that_lies_holds_up_nobody) {
    make(3);
    // Node 3 says that it has a list of the largest size and sends nothing of it.
    const RumourHead lie{99, 4 * 1024 * 1024, {}};
    node(2).rumour.heard(NodeId(3), text_of_mail(encode(RumourMessage(lie))));
    passes_ = [](const Letter &letter) {
        return letter.from != NodeId(3) && letter.to != NodeId(3);
    };
    node(1).have(6, list_of(6, 3000));
    run(seconds(3));
    EXPECT_EQ(node(2).version, 6U);
    run(seconds(500));
    EXPECT_EQ(node(2).rumour.fetches(), 0U);
}

TEST_F(RumourTest, another_content_than_its_digest_is_not_offered) {
    make(2);
    RumourHead head{4, 5, {}};
    node(1).rumour.heard(NodeId(2), text_of_mail(encode(RumourMessage(head))));
    node(1).rumour.heard(NodeId(2), text_of_mail(encode(RumourMessage(RumourPart{4, 0, "4 abc"}))));
    EXPECT_EQ(node(1).offers, 0);
    EXPECT_EQ(node(1).rumour.fetches(), 0U);
}

TEST_F(RumourTest, strangers_and_nonsense_are_ignored) {
    make(2);
    node(1).have(5, list_of(5, 300));
    queue_.clear();
    for (const std::string &text :
         {std::string("R"), std::string("R2\1"), std::string("R1\4"), std::string("R1\2\0", 4),
          std::string("R1\1") + std::string(43, 'x'), std::string("R1\1") + std::string(45, 'x'),
          std::string("hello")})
        node(1).rumour.heard(NodeId(2), text_of_mail(text));
    const RumourHead head{9, 100, {}};
    node(1).rumour.heard(NodeId(77), text_of_mail(encode(RumourMessage(head))));
    node(1).rumour.heard(NodeId(2), text_of_mail(encode(RumourMessage(RumourAsk{5, 300}))));
    node(1).rumour.heard(NodeId(2), text_of_mail(encode(RumourMessage(RumourAsk{4, 0}))));
    const RumourHead too_large{9, 4 * 1024 * 1024 + 1, {}};
    node(1).rumour.heard(NodeId(2), text_of_mail(encode(RumourMessage(too_large))));
    EXPECT_TRUE(queue_.empty());
    EXPECT_EQ(node(1).rumour.fetches(), 0U);
}

TEST_F(RumourTest, questions_in_a_row_are_answered_once) {
    make(2);
    node(1).have(5, list_of(5, 300));
    for (int i = 0; i < 10; ++i)
        node(1).rumour.heard(NodeId(2), text_of_mail(encode(RumourMessage(RumourAsk{5, 0}))));
    EXPECT_EQ(queue_.size(), 1U);
}

TEST(RumourMessage, comes_back_as_it_was) {
    RumourHead head{7, 300, {}};
    head.digest[31] = 9;
    for (const RumourMessage &message :
         {RumourMessage(head), RumourMessage(RumourAsk{7, 1000}),
          RumourMessage(RumourPart{7, 1000, std::string("a\0b", 3)})}) {
        const std::string bytes = encode(message);
        const auto read = decode_rumour(text_of_mail(bytes));
        ASSERT_TRUE(read.ok()) << read.error().message();
        EXPECT_EQ(*read, message);
    }
    const std::string empty = encode(RumourMessage(RumourPart{7, 0, ""}));
    EXPECT_FALSE(decode_rumour(text_of_mail(empty)).ok());
}

} // namespace
} // namespace coax
