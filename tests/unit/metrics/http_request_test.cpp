// SPDX-License-Identifier: Apache-2.0
#include "lib/metrics/http_request.h"

#include <gtest/gtest.h>

namespace coax {
namespace {

struct Row {
    const char *name;
    const char *head;
    HttpAsk ask;
};

class HttpRequest : public testing::TestWithParam<Row> {};

TEST_P(HttpRequest, is_judged_by_its_first_line) {
    EXPECT_EQ(parse_http_request(GetParam().head), GetParam().ask);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, HttpRequest,
    testing::Values(Row{"metrics", "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", HttpAsk::kMetrics},
                    Row{"old_version", "GET /metrics HTTP/1.0\r\n\r\n", HttpAsk::kMetrics},
                    Row{"query", "GET /metrics?a=b HTTP/1.1\r\n\r\n", HttpAsk::kMetrics},
                    Row{"head", "HEAD /metrics HTTP/1.1\r\n\r\n", HttpAsk::kHead},
                    Row{"index", "GET / HTTP/1.1\r\n\r\n", HttpAsk::kIndex},
                    Row{"other_path", "GET /metricsx HTTP/1.1\r\n\r\n", HttpAsk::kElsewhere},
                    Row{"parent_path", "GET /../metrics HTTP/1.1\r\n\r\n", HttpAsk::kElsewhere},
                    Row{"post", "POST /metrics HTTP/1.1\r\n\r\n", HttpAsk::kMethod},
                    Row{"lower_case", "get /metrics HTTP/1.1\r\n\r\n", HttpAsk::kMethod},
                    Row{"empty", "", HttpAsk::kMalformed},
                    Row{"only_blank", " \r\n\r\n", HttpAsk::kMalformed},
                    Row{"no_version", "GET /metrics\r\n\r\n", HttpAsk::kMalformed},
                    Row{"http2", "PRI * HTTP/2.0\r\n\r\n", HttpAsk::kMalformed},
                    Row{"no_target", "GET  HTTP/1.1\r\n\r\n", HttpAsk::kMalformed},
                    Row{"no_method", " /metrics HTTP/1.1\r\n\r\n", HttpAsk::kMalformed},
                    Row{"blank_in_target", "GET /a b HTTP/1.1\r\n\r\n", HttpAsk::kMalformed},
                    Row{"relative", "GET metrics HTTP/1.1\r\n\r\n", HttpAsk::kMalformed},
                    Row{"tls", "\x16\x03\x01\x02", HttpAsk::kMalformed}),
    [](const auto &row) { return row.param.name; });

TEST(HttpResponse, says_length_and_that_it_closes) {
    EXPECT_EQ(http_response("200 OK", "text/plain", "abc"),
              "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n"
              "Connection: close\r\n\r\nabc");
}

} // namespace
} // namespace coax
