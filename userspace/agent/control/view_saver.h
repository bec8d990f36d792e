// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/result.h"
#include "lib/trust/unix_time.h"

namespace coax {

/// How the last attempt to keep the view for the next start went.
struct SavedView {
    bool saved = false;
    bool pending = false; // a newer one is not on the disk yet
    std::string error;    // of the newer one; empty: none
    UnixTime at{};
};

/// Keeps the view on the disk: the first change at once, those that follow together after a pause,
/// which is the longer the longer a write takes. A failed write is tried again; the old file stays.
/// One loop.
class ViewSaver {
  public:
    using Write = std::function<Status()>;

    ViewSaver(asio::io_context &loop, const Clock &clock, Log log, Write write);
    ~ViewSaver() = default;
    ViewSaver(const ViewSaver &) = delete;
    ViewSaver &operator=(const ViewSaver &) = delete;

    /// The file has what it had at `at`.
    void restored(UnixTime at) { view_ = {true, false, "", at}; }
    void changed();
    /// Writes what is pending, now: the loop has ended.
    void flush();
    [[nodiscard]] const SavedView &view() const { return view_; }

  private:
    void save();
    void save_at(std::chrono::steady_clock::time_point when);

    const Clock &clock_;
    Log log_;
    Write write_;
    SavedView view_;
    std::chrono::steady_clock::time_point not_before_{};
    asio::steady_timer timer_;
};

} // namespace coax
