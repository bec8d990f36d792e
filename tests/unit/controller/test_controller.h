// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "controller/controller.h"
#include "controller/tls_identity.h"
#include "harness/scratch_folder.h"

namespace coax::controller::test {

/// Judges as a laboratory would: a node called "node-ID" is node ID, "waiting-ID" once somebody has
/// written its record, everybody else is refused. What it writes down goes into the real store.
class OpenDesk final : public FleetDesk {
  public:
    explicit OpenDesk(Store &store) : store_(store) {}

    DeskAnswer admit(const v1::Hello &hello, const ChallengeFacts &facts) override;
    std::optional<v1::Refused> announce(NodeId node, const v1::Announce &message) override;
    std::optional<v1::Refused> report(NodeId node, const v1::Report &message) override;

    /// From now on the store is said to be away.
    std::atomic<bool> is_away = false;
    std::atomic<int> reports = 0;

  private:
    Store &store_;
};

/// A controller in this process, with everything but admission as it is.
class TestController {
  public:
    struct Options {
        std::string name = "one";
        std::chrono::seconds lease{3};
        std::chrono::seconds alive{1};
        std::size_t streams = 10'000;
        std::size_t unfinished = 2'000;
        std::uint32_t message_burst = 100;
    };
    TestController(Store &store, const TlsIdentity &identity, Options options);
    TestController(const TestController &) = delete;
    TestController &operator=(const TestController &) = delete;
    ~TestController();

    [[nodiscard]] std::string address() const;
    ControllerState state();
    /// On the controller's loop.
    template <typename Look>
    void look(Look what) {
        controller_.on_loop([&] { what(controller_.keeper()); });
    }
    [[nodiscard]] OpenDesk &desk() { return desk_; }

  private:
    coax::test::ScratchFolder folder_;
    SystemClock clock_;
    Log log_;
    ServiceManager service_{[](const std::string &) {}};
    ControllerConfig config_;
    MeteredStore store_;
    OpenDesk desk_;
    Controller controller_;
    std::atomic<bool> is_over_ = false; // it could not start
    std::thread thread_;
};

/// Made once for a test program.
const TlsIdentity &test_identity();

} // namespace coax::controller::test
