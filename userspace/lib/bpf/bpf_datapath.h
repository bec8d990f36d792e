// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "lib/bpf/attach_tc.h"
#include "lib/bpf/clsact.h"
#include "lib/bpf/datapath.h"
#include "lib/bpf/mail_ring.h"
#include "lib/bpf/maps.h"
#include "lib/bpf/ownership.h"
#include "lib/bpf/pins.h"
#include "lib/bpf/programs.h"

namespace coax {

/// What open_datapath() has put together.
struct OpenedDatapath {
    std::string instance;
    PinPaths paths;
    ProgramLoader loader;
    std::array<LoadedProgram, kPrograms> programs;
    DatapathMaps maps;
    MailRing mail;
    Ownership ownership;
    std::vector<std::string> notes;
};

/// The Datapath of the kernel. Blocking, not thread-safe; works on the network namespace of the
/// calling thread. Failure: an error leaves what was there; calling again continues.
class BpfDatapath final : public Datapath {
  public:
    explicit BpfDatapath(OpenedDatapath opened)
        : opened_(std::move(opened)), clsact_(opened_.paths.clsact) {}

    Result<DatapathTables> read_tables() override;
    Status apply(const DatapathDelta &delta) override;

    Result<bool> attach_port(IfIndex link) override;
    Result<bool> attach_lane(IfIndex link) override;
    Result<bool> attach_handover(IfIndex link) override;
    Result<AttachedUplink> attach_uplink(IfIndex link, std::optional<bool> native) override;
    Status detach_uplink(IfIndex link) override;

    Result<std::vector<LearnedEntry>> learned() override;
    Result<std::size_t> age(std::uint64_t older_than_ns) override;

    Result<std::map<std::uint32_t, std::uint32_t>> learned_counts() override;
    [[nodiscard]] std::map<std::string, std::uint32_t> capacities() const override;

    Result<Drops> drops() override;
    Result<std::array<coax_count, COAX_COUNTERS_COUNT>> counters() override;
    Result<std::map<std::uint32_t, coax_port_stats>> port_stats() override;
    Result<std::map<std::uint32_t, coax_node_stats>> node_stats() override;

    Result<std::map<std::uint32_t, NodeContact>> contacts(const ContactsOf &of) override;
    Status expect_echo(std::uint32_t vtep_be, const coax_probe &probe) override;
    Result<UniqueFd> mail_ready() override;
    Status read_mail(const MailReader &reader) override;
    Status set_lease(const coax_lease_key &key, const coax_lease &lease) override;
    Status remove_lease(const coax_lease_key &key) override;
    Result<Table<coax_lease_key, coax_lease>> leases() override;

    std::vector<std::string> notes() override;
    Status remove_everything() override;

  private:
    [[nodiscard]] const LoadedProgram &program(ProgramId id) const {
        return opened_.programs[static_cast<std::size_t>(id)];
    }
    Result<bool> attach_ingress(IfIndex link, ProgramId id);

    OpenedDatapath opened_;
    Clsact clsact_;
    std::map<IfIndex, std::vector<std::string>> uplink_notes_;
};

} // namespace coax
