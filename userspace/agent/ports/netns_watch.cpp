// SPDX-License-Identifier: Apache-2.0
#include "agent/ports/netns_watch.h"

#include <array>
#include <utility>

#include <sys/inotify.h>

#include <asio/buffer.hpp>
#include <asio/posix/stream_descriptor.hpp>

namespace coax {
namespace {

constexpr const char *kFolder = "/run/netns";
constexpr const char *kParent = "/run";
constexpr std::uint32_t kEvents = IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM;

} // namespace

class NetnsWatch::Impl {
  public:
    Impl(asio::io_context &loop, std::function<void()> on_change)
        : inotify_(loop), on_change_(std::move(on_change)) {
        const int fd = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        if (fd < 0)
            return;
        inotify_.assign(fd);
        watch();
        read();
    }

  private:
    void watch() {
        const int fd = inotify_.native_handle();
        folder_watched_ = ::inotify_add_watch(fd, kFolder, kEvents) >= 0;
        if (!folder_watched_)
            ::inotify_add_watch(fd, kParent, IN_CREATE);
    }

    void read() {
        inotify_.async_read_some(asio::buffer(buffer_),
                                 [this](asio::error_code error, std::size_t) {
                                     if (error)
                                         return;
                                     const bool was_watched = folder_watched_;
                                     if (!folder_watched_)
                                         watch();
                                     if (folder_watched_ || was_watched)
                                         on_change_();
                                     read();
                                 });
    }

    asio::posix::stream_descriptor inotify_;
    std::function<void()> on_change_;
    bool folder_watched_ = false;
    std::array<char, 4096> buffer_{};
};

NetnsWatch::NetnsWatch(asio::io_context &loop, std::function<void()> on_change)
    : impl_(std::make_unique<Impl>(loop, std::move(on_change))) {}

NetnsWatch::~NetnsWatch() = default;

} // namespace coax
