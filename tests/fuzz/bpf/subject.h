// SPDX-License-Identifier: Apache-2.0
// One loaded program with maps of its own, filled from made-up tables, and one run of it observed.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "fuzz/bpf/oracle.h"
#include "fuzz/bpf/tap.h"
#include "harness/bpf_maps.h"
#include "harness/bpf_run.h"
#include "harness/bpf_run_net.h"
#include "harness/loaded_program.h"

namespace coax::fuzz {

/// In a network namespace of its own; aborts where the kernel refuses namespace or program.
class Subject {
  public:
    explicit Subject(coax_hook hook);
    ~Subject();
    Subject(const Subject &) = delete;
    Subject &operator=(const Subject &) = delete;

    void set_tables(Tables tables);
    /// The tables are the same again afterwards.
    [[nodiscard]] Observed run(const Case &input);

    [[nodiscard]] coax_hook hook() const { return hook_; }
    [[nodiscard]] const Tables &tables() const { return tables_; }
    [[nodiscard]] const Devices &devices() const { return devices_; }

  private:
    void observe_learning(const Case &input, Observed &seen) const;
    void observe_report(const Case &input, Observed &seen) const;

    coax_hook hook_;
    test::ScratchNetns netns_;
    Devices devices_;
    Tap tap_;
    test::LoadedProgram loaded_;
    std::optional<test::BpfRun> program_;
    struct FreeRing {
        void operator()(ring_buffer *ring) const { ring_buffer__free(ring); }
    };
    std::unique_ptr<ring_buffer, FreeRing> mail_;
    std::vector<coax_mail_record> received_;
    Tables tables_;
};

} // namespace coax::fuzz
