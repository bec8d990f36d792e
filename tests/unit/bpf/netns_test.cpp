// SPDX-License-Identifier: Apache-2.0
// One instance belongs to one network namespace.
#include <functional>
#include <thread>

#include <sched.h>

#include <gmock/gmock.h>

#include "unit/bpf/datapath_sandbox.h"
#include "unit/bpf/sample_tables.h"

namespace coax {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Netns : public test::DatapathTest {
  protected:
    /// Runs `action` in a network namespace that ends with it.
    static void elsewhere(const std::function<void()> &action) {
        std::thread([&] {
            ASSERT_EQ(::unshare(CLONE_NEWNET), 0);
            action();
        }).join();
    }
};

TEST_F(Netns, of_another_agent_is_not_shared) {
    const auto datapath = open();
    ASSERT_TRUE(datapath->apply(diff({}, test::sample_tables())).ok());
    elsewhere([this] {
        const auto opened = try_open();
        ASSERT_FALSE(opened.ok());
        EXPECT_EQ(opened.error().code(), ErrorCode::kBusy);
        EXPECT_THAT(opened.error().message(),
                    AllOf(HasSubstr("another network namespace"), HasSubstr("nsenter --net=/")));
        EXPECT_EQ(remove_datapath(instance_).error().code(), ErrorCode::kBusy);
    });
    EXPECT_EQ(diff(*datapath->read_tables(), test::sample_tables()).size(), 0U);
}

TEST_F(Netns, that_is_gone_leaves_its_data_path_to_the_next_agent) {
    elsewhere([this] { ASSERT_TRUE(try_open().ok()); });
    EXPECT_TRUE(try_open().ok());
    elsewhere([this] { EXPECT_EQ(try_open().error().code(), ErrorCode::kBusy); });
}

TEST_F(Netns, that_is_gone_does_not_keep_its_pins_from_being_removed) {
    elsewhere([this] { ASSERT_TRUE(try_open().ok()); });
    EXPECT_TRUE(remove_datapath(instance_).ok());
    EXPECT_FALSE(std::filesystem::exists(test::pin_dir(instance_)));
}

} // namespace
} // namespace coax
