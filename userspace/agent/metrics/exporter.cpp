// SPDX-License-Identifier: Apache-2.0
#include "agent/metrics/exporter.h"

#include <utility>

#include <fmt/format.h>

namespace coax {
namespace {

constexpr std::chrono::seconds kReuse{1};

/// Both cannot be listened on at a time: 127.0.0.1 and 0.0.0.0 with the same port.
bool overlap(const ListenAddress &a, const ListenAddress &b) {
    return a.address && b.address && a.address->port == b.address->port &&
           (a.address->address.is_unspecified() || b.address->address.is_unspecified());
}

} // namespace

Result<UniqueFd> open_metrics_listener(const ListenAddress &listen) {
    if (!listen.address)
        return UniqueFd();
    auto listener = listen_tcp(*listen.address);
    if (listener.ok())
        return listener;
    const ErrorCode code = listener.error().code();
    if (code != ErrorCode::kBusy)
        return Error(code, fmt::format("metrics.listen: expected an address of this machine that "
                                       "coaxd may use, found {}: {}",
                                       listen.to_string(), listener.error().message()));
    return Error(code, fmt::format("metrics.listen: expected a free TCP port, found {} in use by "
                                   "another program; `ss -tlnp sport = {}` shows it. Give each "
                                   "agent of a network namespace another port",
                                   listen.to_string(), listen.address->port.value()));
}

void Exporter::serve(const ListenAddress &listen, UniqueFd listener) {
    server_.reset();
    listen_ = listen;
    if (listener.valid())
        server_ =
            std::make_unique<ScrapeServer>(loop_, std::move(listener), [this] { return text(); });
}

Status Exporter::move_to(const ListenAddress &listen) {
    if (listen == listen_)
        return {};
    if (overlap(listen, listen_))
        server_.reset();
    auto listener = open_metrics_listener(listen);
    if (listener.ok()) {
        serve(listen, std::move(listener).value());
        return {};
    }
    if (server_ || !listen_.address)
        return listener.error(); // nothing was closed
    if (auto before = open_metrics_listener(listen_); before.ok())
        serve(listen_, std::move(before).value());
    else
        listen_ = {};
    return listener.error();
}

std::string Exporter::text() {
    const auto now = clock_.monotonic_now();
    if (text_.empty() || now - made_at_ >= kReuse) {
        const ScrapeCounts none;
        text_ = collector_.collect(source_(), server_ ? server_->counts() : none).text();
        made_at_ = now;
    }
    return text_;
}

} // namespace coax
