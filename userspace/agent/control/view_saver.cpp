// SPDX-License-Identifier: Apache-2.0
#include "agent/control/view_saver.h"

#include <algorithm>
#include <utility>

namespace coax {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPauseMin{200};
constexpr std::chrono::seconds kPauseMax{10};
constexpr int kPausePerWrite = 20; // a disk is busy with it for at most a twentieth of the time
constexpr std::chrono::seconds kAgain{10}; // after a failure

} // namespace

ViewSaver::ViewSaver(asio::io_context &loop, const Clock &clock, Log log, Write write)
    : clock_(clock), log_(std::move(log)), write_(std::move(write)), timer_(loop) {}

void ViewSaver::flush() {
    if (view_.pending)
        save();
}

void ViewSaver::changed() {
    if (!std::exchange(view_.pending, true))
        save_at(not_before_);
}

void ViewSaver::save_at(steady_clock::time_point when) {
    timer_.expires_at(when);
    timer_.async_wait([this](asio::error_code error) {
        if (!error)
            save();
    });
}

void ViewSaver::save() {
    const auto began = steady_clock::now();
    const Status written = write_();
    const auto end = steady_clock::now();
    if (written.ok()) {
        const steady_clock::duration pause = kPausePerWrite * (end - began);
        not_before_ = end + std::clamp<steady_clock::duration>(pause, kPauseMin, kPauseMax);
        view_ = {true, false, "", std::chrono::floor<std::chrono::seconds>(clock_.system_now())};
        return;
    }
    if (view_.error != written.error().message())
        log_.warn("control.view_unsaved", {{"error", written.error().message()}});
    view_.error = written.error().message();
    save_at(end + kAgain);
}

} // namespace coax
