// SPDX-License-Identifier: Apache-2.0
#include "agent/memory.h"

#include <fstream>

#include <gtest/gtest.h>

#include "unit/agent/world.h"

namespace coax {
namespace {

using test::key;
using test::prefix;
using test::socket_address;
using test::TempFolder;

TEST(Memory, gives_back_over_a_restart_what_was_set) {
    const TempFolder folder;
    const auto file = folder.path() / "configured.json";
    const PortRecord record{"c1", {prefix("10.1.0.11/24"), prefix("2001:db8::1/64")}};
    const Memory::Endpoints endpoints{{key(2), socket_address("[2001:db8::2]:51820")},
                                      {key(3), std::nullopt}};
    {
        Memory memory(file);
        memory.load();
        ASSERT_TRUE(memory.set_port("red-c1", record).ok());
        ASSERT_TRUE(memory.set_endpoints(1, endpoints).ok());
        ASSERT_TRUE(memory.set_uplinks({{"eth0", IfIndex(2)}}).ok());
    }
    Memory memory(file);
    memory.load();
    EXPECT_EQ(memory.port("red-c1"), record);
    EXPECT_EQ(memory.endpoints(1), endpoints);
    EXPECT_TRUE(memory.endpoints(0).empty());
    EXPECT_EQ(memory.uplinks(), (std::map<std::string, IfIndex>{{"eth0", IfIndex(2)}}));
}

TEST(Memory, forgets_what_is_set_to_nothing) {
    const TempFolder folder;
    Memory memory(folder.path() / "configured.json");
    ASSERT_TRUE(memory.set_port("red-c1", {"c1", {prefix("10.1.0.11/24")}}).ok());
    ASSERT_TRUE(memory.set_port("red-c1", {}).ok());
    EXPECT_EQ(memory.port("red-c1"), PortRecord{});
}

TEST(Memory, file_it_cannot_read_counts_as_empty) {
    for (const char *content : {"", "not json", "[]", R"({"ports": 3, "endpoints": {}})",
                                R"({"ports":{},"endpoints":{"x":{}},"uplinks":{}})"}) {
        const TempFolder folder;
        const auto file = folder.path() / "configured.json";
        std::ofstream(file) << content;
        Memory memory(file);
        memory.load();
        EXPECT_TRUE(memory.uplinks().empty()) << content;
        EXPECT_TRUE(memory.set_uplinks({{"eth0", IfIndex(2)}}).ok()) << content;
    }
}

TEST(Memory, failure_to_write_is_an_error_of_the_setter) {
    Memory memory("/nonexistent/configured.json");
    EXPECT_FALSE(memory.set_uplinks({{"eth0", IfIndex(2)}}).ok());
}

TEST(Memory, clear_removes_the_file) {
    const TempFolder folder;
    Memory memory(folder.path() / "configured.json");
    ASSERT_TRUE(memory.set_uplinks({{"eth0", IfIndex(2)}}).ok());
    ASSERT_TRUE(memory.clear().ok());
    ASSERT_TRUE(memory.clear().ok()) << "absent is success";
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

} // namespace
} // namespace coax
