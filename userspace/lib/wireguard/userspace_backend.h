// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "lib/wireguard/deadline.h"
#include "lib/wireguard/rejected_log.h"
#include "lib/wireguard/wireguard.h"
#include "lib/wireguard/wireguard_go_process.h"

namespace coax {

/// WireGuard by one wireguard-go process per device, over its UAPI socket.
/// Threading: one thread, which stays in the namespace of `links`.
/// Ownership: references `links`; the processes live on when this object goes.
/// Failure: a process that died is started again by ensure_device(); one that hangs is reported
/// (kUnavailable) and left alone. Counters: rejected sources, kept in `run_dir`.
class UserspaceWireGuard final : public WireGuard {
  public:
    UserspaceWireGuard(Links &links, std::string run_dir, std::string binary, std::string version)
        : links_(links),
          run_dir_(std::move(run_dir)),
          binary_(std::move(binary)),
          version_(std::move(version)) {}

    [[nodiscard]] std::string describe() const override { return "wireguard-go " + version_; }
    [[nodiscard]] bool is_kernel() const override { return false; }

    Result<bool> ensure_device(const std::string &name, const std::string &alias) override;
    Status remove_device(const std::string &name) override;
    Result<WgDevice> read(const std::string &name) override;
    Status apply(const std::string &name, const WgDelta &delta,
                 const PrivateKey &private_key) override;
    Result<std::uint64_t> rejected_sources(const std::string &name) override;

  private:
    struct Device {
        WireguardGoProcess process;
        std::optional<RejectedLog> log; // absent: not started by Coax
    };
    /// What `run_dir` keeps of a device, so that it survives the agent.
    struct Record {
        pid_t pid = 0;
        std::uint64_t start_ticks = 0;
        RejectedLog::Position position;
    };

    /// The running process, known or found again by its socket or its record; null when none runs.
    Result<Device *> find_device(const std::string &name, const Deadline &deadline);
    Result<Device *> adopt(const std::string &name, pid_t pid);
    Result<Device *> adopt_recorded(const std::string &name);

    /// False when nobody listens on its socket. `device` may be null.
    Result<bool> answers(const std::string &name, const Device *device, const Deadline &deadline);
    Status start_device(const std::string &name, const std::string &alias);
    Status wait_until_it_answers(const std::string &name, const Device &device,
                                 const Deadline &deadline);
    Status end_device(const std::string &name, Device &device, const Deadline &deadline);
    Status wait_for_link_to_vanish(const std::string &name, const Deadline &deadline);
    Status mark_link(const std::string &name, const std::string &alias);

    [[nodiscard]] std::string record_path(const std::string &name) const;
    [[nodiscard]] std::optional<Record> read_record(const std::string &name) const;
    Status write_record(const std::string &name, const Device &device) const;

    Links &links_;
    std::string run_dir_;
    std::string binary_;
    std::string version_;
    std::map<std::string, Device> devices_;
};

} // namespace coax
