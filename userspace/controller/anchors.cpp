// SPDX-License-Identifier: Apache-2.0
#include "controller/anchors.h"

#include "lib/base/file.h"

namespace coax::controller {
namespace {

constexpr std::size_t kMaxBytes = 1U << 20U;

} // namespace

std::shared_ptr<const TrustAnchors> AnchorsFile::now() {
    const auto text = read_file(path_, kMaxBytes);
    return read_.with([&](Read &read) {
        if (text.ok() && *text == read.text && read.error.empty())
            return read.anchors;
        auto parsed = text.ok() ? TrustAnchors::parse(*text, path_.string())
                                : Result<TrustAnchors>(text.error());
        const std::string error = parsed.ok() ? "" : parsed.error().message();
        if (!error.empty() && error != read.error)
            log_.error("trust_anchors.unusable",
                       {{"error", error}, {"text", "no node is admitted"}});
        read.text = text.ok() ? *text : "";
        read.error = error;
        read.anchors = parsed.ok() ? std::make_shared<const TrustAnchors>(std::move(parsed).value())
                                   : std::make_shared<const TrustAnchors>();
        return read.anchors;
    });
}

} // namespace coax::controller
