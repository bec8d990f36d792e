// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace coax {

/// What a request asks for.
enum class HttpAsk {
    kMetrics,   // GET /metrics
    kHead,      // HEAD /metrics
    kIndex,     // GET /
    kElsewhere, // another path: 404
    kMethod,    // not a method that reads: 405
    kMalformed, // not HTTP/1: 400
};

/// Pure: judges the first line of a request (RFC 9112 section 3); fields are not looked at.
HttpAsk parse_http_request(std::string_view head);

/// A whole response that ends the connection.
std::string http_response(std::string_view status, std::string_view content_type,
                          std::string_view body);

} // namespace coax
