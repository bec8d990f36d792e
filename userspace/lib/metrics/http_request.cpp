// SPDX-License-Identifier: Apache-2.0
#include "lib/metrics/http_request.h"

#include <fmt/format.h>

namespace coax {

HttpAsk parse_http_request(std::string_view head) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == 0 || last <= first + 1)
        return HttpAsk::kMalformed;
    const std::string_view method = line.substr(0, first);
    const std::string_view target = line.substr(first + 1, last - first - 1);
    if (!line.substr(last + 1).starts_with("HTTP/1.") || !target.starts_with('/') ||
        target.find(' ') != std::string_view::npos)
        return HttpAsk::kMalformed;
    const std::string_view path = target.substr(0, target.find('?'));
    if (method != "GET" && method != "HEAD")
        return HttpAsk::kMethod;
    if (path == "/metrics")
        return method == "GET" ? HttpAsk::kMetrics : HttpAsk::kHead;
    return path == "/" ? HttpAsk::kIndex : HttpAsk::kElsewhere;
}

std::string http_response(std::string_view status, std::string_view content_type,
                          std::string_view body) {
    return fmt::format("HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n"
                       "Connection: close\r\n\r\n{}",
                       status, content_type, body.size(), body);
}

} // namespace coax
