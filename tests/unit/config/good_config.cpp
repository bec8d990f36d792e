// SPDX-License-Identifier: Apache-2.0
#include "unit/config/good_config.h"

#include <array>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/config/config.h"

namespace coax {
namespace {

constexpr std::array kLines{
    /*  1 */ R"([node])",
    /*  2 */ R"(id = 1)",
    /*  3 */ R"(name = "alpha")",
    /*  4 */ R"([underlay])",
    /*  5 */ R"(uplinks = ["eth0"])",
    /*  6 */ R"()",
    /*  7 */ R"([[peer]])",
    /*  8 */ R"(id = 2)",
    /*  9 */ R"(name = "beta")",
    /* 10 */ R"(endpoint = "192.0.2.2:51820")",
    /* 11 */ R"(keys = ["VKPwhCFSp0BUk7jIZBuTZRjhcM5uWfbH0VDXKwsrMBg="])",
    /* 12 */ R"([[peer]])",
    /* 13 */ R"(id = 3)",
    /* 14 */ R"(name = "gamma")",
    /* 15 */ R"(endpoint = "[2001:db8::3]:51820")",
    /* 16 */ R"(keys = ["AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="])",
    /* 17 */ R"([[network]])",
    /* 18 */ R"(name = "red")",
    /* 19 */ R"(vni = 100)",
    /* 20 */ R"(subnets = ["10.1.0.0/24", "2001:db8:1::/64"])",
    /* 21 */ R"(members = ["alpha", "beta"])",
    /* 22 */ R"([[network]])",
    /* 23 */ R"(name = "blue")",
    /* 24 */ R"(vni = 200)",
    /* 25 */ R"(subnets = ["10.2.0.0/24"])",
    /* 26 */ R"([[port]])",
    /* 27 */ R"(name = "red-c1")",
    /* 28 */ R"(network = "red")",
    /* 29 */ R"(kind = "netns")",
    /* 30 */ R"(netns = "c1")",
    /* 31 */ R"(ifname = "eth0")",
    /* 32 */ R"(mac = "02:00:5e:00:53:01")",
    /* 33 */ R"(addresses = ["10.1.0.11/24", "2001:db8:1::11/64"])",
    /* 34 */ R"(guard_ips = true)",
    /* 35 */ R"([[port]])",
    /* 36 */ R"(name = "blue-host")",
    /* 37 */ R"(network = "blue")",
    /* 38 */ R"(ifname = "blue0")",
    /* 39 */ R"(mac = "02:00:5e:00:53:02")",
    /* 40 */ R"(addresses = ["10.2.0.1/24"])",
    /* 41 */ R"(more_ips = ["10.2.0.9"])",
    /* 42 */ R"([[endpoint]])",
    /* 43 */ R"(network = "red")",
    /* 44 */ R"(mac = "02:00:5e:00:53:03")",
    /* 45 */ R"(node = "beta")",
};

std::string joined(int replaced_line, const std::string &replacement) {
    std::string text;
    int line = 0;
    for (const char *content : kLines)
        text += (++line == replaced_line ? replacement : content) + std::string("\n");
    return text;
}

} // namespace

std::string good_config() {
    return joined(0, "");
}

void expect_refused(const BadRow &row) {
    const auto result = parse_config(joined(row.line, row.replacement), "coax.toml");
    ASSERT_FALSE(result.ok()) << row.replacement;
    EXPECT_EQ(result.error().code(), ErrorCode::kInvalid);
    EXPECT_THAT(result.error().message(), testing::StartsWith("coax.toml:" + row.error));
}

} // namespace coax
